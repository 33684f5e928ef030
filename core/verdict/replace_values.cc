#include "core/verdict/replace_values.h"

#include <algorithm>
#include <cstddef>

#include "core/base/text.h"
#include "core/verdict/decoded_text.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMinBytes = KnownValues::kMinBytes;

enum class Encoding { kNone, kBase64, kHexadecimal };

class ValueSearch {
 public:
  ValueSearch(std::string_view text, const GroupsOfValues& values) : text_(text), values_(values) {}

  // Where values stand in the text, in its order.
  std::vector<Stretch> Find();

 private:
  void FindEncoded(Encoding encoding);
  // In what was decoded, or in the text itself.
  void FindIn(std::string_view bytes);
  void FindUnescaped(std::string_view bytes);
  void FindWithinEscape(std::string_view bytes, std::size_t next);
  template <typename ToEnd>
  void FindAt(std::string_view rest, std::size_t begin, ToEnd end_of);
  void FindCut(std::size_t begin, std::size_t end);

  std::size_t BeginOf(std::size_t at) const { return encoding_ == Encoding::kNone ? at : decoded_.places[at].begin; }
  std::size_t EndOf(std::size_t at) const { return encoding_ == Encoding::kNone ? at + 1 : decoded_.places[at].end; }
  std::size_t WithPadding(std::size_t end) const;
  std::size_t TornAt(std::size_t at) const;

  const std::string_view text_;
  const GroupsOfValues& values_;
  Encoding encoding_ = Encoding::kNone;
  Stretch stretch_;        // that is decoded
  DecodedText decoded_;    // with places in the text
  DecodedText unescaped_;  // with places in what is looked at
  std::vector<Stretch> found_;
};

std::vector<Stretch> ValueSearch::Find() {
  FindIn(text_);
  FindEncoded(Encoding::kBase64);
  FindEncoded(Encoding::kHexadecimal);
  std::ranges::sort(found_, {}, &Stretch::begin);
  return std::move(found_);
}

void ValueSearch::FindEncoded(Encoding encoding) {
  encoding_ = encoding;
  const bool is_base64 = encoding == Encoding::kBase64;
  const auto next = is_base64 ? &NextBase64 : &NextHexadecimal;
  const auto decode = is_base64 ? &DecodeBase64 : &DecodeHexadecimal;
  const std::size_t begins = is_base64 ? 4 : 2;
  for (stretch_ = next(text_, 0, kMinBytes); stretch_.begin < stretch_.end;
       stretch_ = next(text_, stretch_.end, kMinBytes)) {
    for (std::size_t skipped = 0; skipped < begins; ++skipped) {
      decode(text_, {stretch_.begin + skipped, stretch_.end}, decoded_);
      FindIn(decoded_.bytes);
    }
  }
}

void ValueSearch::FindIn(std::string_view bytes) {
  for (std::size_t at = 0; at + kMinBytes <= bytes.size(); ++at) {
    FindAt(bytes.substr(at), BeginOf(at), [&](std::size_t size) { return EndOf(at + size - 1); });
  }
  if (!HasEscapes(bytes)) return;
  Unescape(bytes, unescaped_);
  FindUnescaped(bytes);
  for (int level = 1; level < kEscapeLevels && UnescapeFurther(unescaped_); ++level) FindUnescaped(bytes);
}

void ValueSearch::FindUnescaped(std::string_view bytes) {
  const std::string_view unescaped = unescaped_.bytes;
  for (std::size_t at = 0; at < unescaped.size(); ++at) {
    const auto& places = unescaped_.places;
    FindAt(unescaped.substr(at), BeginOf(places[at].begin),
           [&](std::size_t size) { return EndOf(places[at + size - 1].end - 1); });
    const bool is_last = at + 1 == unescaped.size() || places[at + 1].begin != places[at].begin;
    if (is_last && places[at].end - places[at].begin > 1) FindWithinEscape(bytes, at + 1);
  }
}

// What stands before a value may seem to be an escape together with its begin: `C:\name`. `next`: behind that escape.
void ValueSearch::FindWithinEscape(std::string_view bytes, std::size_t next) {
  constexpr std::size_t kMost = 8;
  const auto [escape, end] = unescaped_.places[next - 1];
  const std::size_t begin = std::max<std::size_t>(escape + 1, end - std::min<std::size_t>(end, kMost));
  const std::size_t head = end - begin;
  const std::string joined =
      std::string(bytes.substr(begin, head)) + unescaped_.bytes.substr(next, KnownValues::kMaxPieceBytes);
  for (std::size_t at = 0; at < head; ++at) {
    FindAt(std::string_view(joined).substr(at), BeginOf(begin + at), [&](std::size_t size) {
      const std::size_t last = at + size - 1;
      return EndOf(last < head ? begin + last : unescaped_.places[next + last - head].end - 1);
    });
  }
}

// `end_of` a number of bytes that are known: where they end in the text.
template <typename ToEnd>
void ValueSearch::FindAt(std::string_view rest, std::size_t begin, ToEnd end_of) {
  for (const auto& group : values_) {
    const KnownValues::Found found = group->FindAtBegin(rest);
    if (found.whole > 0) found_.push_back({begin, WithPadding(end_of(found.whole))});
    if (found.begin > found.whole) FindCut(begin, end_of(found.begin));
  }
}

// Where an excerpt ends in the middle of a secret, its begin is left; and so it is where a target cut what it says, as
// it must in the reason of a close frame, which may be quoted.
void ValueSearch::FindCut(std::size_t begin, std::size_t end) {
  constexpr std::string_view kCut = "…";
  static const std::string kCutBytes = PrintableBytes(kCut);  // behind what is not UTF-8
  constexpr std::size_t kLeastOtherwise = 8;
  end += TornAt(end);
  const std::string_view behind = text_.substr(end);
  const bool is_end = end - begin >= kLeastOtherwise && (behind.empty() || behind.front() == '"');
  const bool is_cut = behind.starts_with(kCut) || (text_.ends_with(kCutBytes) && behind.size() <= kCutBytes.size());
  if (is_end || is_cut) found_.push_back({begin, end});
}

std::size_t ValueSearch::WithPadding(std::size_t end) const {
  if (encoding_ != Encoding::kBase64 || end != stretch_.end) return end;
  while (end < std::min(stretch_.end + 2, text_.size()) && text_[end] == '=') ++end;
  return end;
}

// Of a unit of the encoding that is cut there.
std::size_t ValueSearch::TornAt(std::size_t at) const {
  if (encoding_ == Encoding::kNone) return TornEscape(text_, at);
  return at + 1 == stretch_.end ? 1 : 0;
}

}  // namespace

std::string ReplaceValues(std::string_view text, const GroupsOfValues& values, std::string_view by) {
  if (values.empty()) return std::string(text);
  std::string out;
  std::size_t done = 0;
  const std::vector<Stretch> found = ValueSearch(text, values).Find();
  for (std::size_t at = 0; at < found.size();) {
    std::size_t end = found[at].end;
    const std::size_t begin = found[at].begin;
    for (++at; at < found.size() && found[at].begin <= end; ++at) end = std::max(end, found[at].end);
    out.append(text.substr(done, begin - done)).append(by);
    done = end;
  }
  return out.append(text.substr(done));
}

}  // namespace wsfleet
