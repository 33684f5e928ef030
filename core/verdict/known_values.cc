#include "core/verdict/known_values.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace wsfleet {
namespace {

constexpr std::size_t kBlockBytes = 64 << 10;

std::uint64_t FirstBytes(std::string_view bytes) {
  std::uint64_t first = 0;
  for (std::size_t at = 0; at < sizeof(first); ++at) {
    first = (first << 8U) | (at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U);
  }
  return first;
}

std::size_t CommonBytes(std::string_view one, std::string_view other) {
  const std::size_t most = std::min(one.size(), other.size());
  std::size_t same = 0;
  for (std::uint64_t a = 0, b = 0; same + sizeof(a) <= most; same += sizeof(a)) {
    std::memcpy(&a, one.data() + same, sizeof(a));
    std::memcpy(&b, other.data() + same, sizeof(b));
    if (a != b) break;
  }
  while (same < most && one[same] == other[same]) ++same;
  return same;
}

// `size` is a power of two.
std::size_t Bucket(std::string_view text, std::size_t size) {
  std::uint32_t first = 0;
  std::memcpy(&first, text.data(), sizeof(first));
  return (first * 0x9E3779B97F4A7C15ULL >> 32U) & (size - 1);
}

}  // namespace

KnownValues::~KnownValues() {
  for (const Block& block : blocks_) explicit_bzero(block.bytes.get(), block.size);
}

void KnownValues::Add(std::string_view value) {
  if (value.size() < kMinBytes) return;
  const std::string_view kept = Keep(value);
  // Of about the same length: a short one would be found everywhere.
  const std::size_t count = (kept.size() + kMaxPieceBytes - 1) / kMaxPieceBytes;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = kept.size() * i / count, end = kept.size() * (i + 1) / count;
    const std::string_view piece = kept.substr(begin, end - begin);
    pieces_.push_back({FirstBytes(piece), piece, -1});
  }
  in_order_ = false;
}

std::string_view KnownValues::Keep(std::string_view bytes) {
  if (blocks_.empty() || blocks_.back().size - blocks_.back().used < bytes.size()) {
    const std::size_t size = std::max(kBlockBytes, bytes.size());
    blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size, 0});
  }
  Block& block = blocks_.back();
  char* const begin = block.bytes.get() + block.used;
  bytes.copy(begin, bytes.size());
  block.used += bytes.size();
  return {begin, bytes.size()};
}

bool KnownValues::IsBefore(const Piece& one, const Piece& other) const {
  ++comparisons_;
  return one.first_bytes != other.first_bytes ? one.first_bytes < other.first_bytes : one.bytes < other.bytes;
}

void KnownValues::PutInOrder() const {
  if (in_order_) return;
  in_order_ = true;
  std::ranges::sort(pieces_, [this](const Piece& one, const Piece& other) { return IsBefore(one, other); });
  const auto same = std::ranges::unique(pieces_, {}, &Piece::bytes);
  pieces_.erase(same.begin(), same.end());
  FindBegins();
  constexpr std::size_t kBucketsOfEach = 16;
  first_bytes_.assign(std::bit_ceil(pieces_.size() * kBucketsOfEach), false);
  for (const Piece& piece : pieces_) first_bytes_[Bucket(piece.bytes, first_bytes_.size())] = true;
}

// In their order, all that begin with a value stand behind it, one by one.
void KnownValues::FindBegins() const {
  for (std::ptrdiff_t at = 0; at < std::ssize(pieces_); ++at) {
    Piece& piece = pieces_[static_cast<std::size_t>(at)];
    piece.begin = at - 1;
    while (piece.begin >= 0) {
      const Piece& before = pieces_[static_cast<std::size_t>(piece.begin)];
      ++comparisons_;
      if (piece.bytes.starts_with(before.bytes)) break;
      piece.begin = before.begin;
    }
  }
}

bool KnownValues::MayBegin(std::string_view text) const {
  return text.size() >= kMinBytes && !first_bytes_.empty() && first_bytes_[Bucket(text, first_bytes_.size())];
}

KnownValues::Found KnownValues::FindAtBegin(std::string_view text) const {
  PutInOrder();
  if (!MayBegin(text)) return {};
  const Piece sought{FirstBytes(text), text.substr(0, kMaxPieceBytes), -1};
  const auto behind = std::ranges::upper_bound(
      pieces_, sought, [this](const Piece& one, const Piece& other) { return IsBefore(one, other); });
  Found found;
  if (behind != pieces_.end()) found.begin = CommonBytes(sought.bytes, behind->bytes);
  if (behind != pieces_.begin()) {
    const Piece* before = &*std::ranges::prev(behind);
    const std::size_t same = CommonBytes(sought.bytes, before->bytes);
    found.begin = std::max(found.begin, same);
    // Whichever it begins with, `before` does too.
    while (before->bytes.size() > same && before->begin >= 0)
      before = &pieces_[static_cast<std::size_t>(before->begin)];
    if (before->bytes.size() <= same) found.whole = before->bytes.size();
  }
  if (found.begin < kMinBytes) found.begin = 0;
  return found;
}

std::size_t KnownValues::size() const {
  PutInOrder();
  return pieces_.size();
}

}  // namespace wsfleet
