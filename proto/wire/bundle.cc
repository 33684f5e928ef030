#include "proto/wire/bundle.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>

#include "absl/strings/escaping.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::wire {
namespace {

// "wsfleet-bundle 1\n", the number of suites and of files, then for each file its path and its content; numbers and
// lengths are decimal and end with '\n', so that the form can be read by people too.
constexpr std::string_view kMagic = "wsfleet-bundle 1\n";
constexpr std::size_t kMaxPathBytes = 1024;
constexpr std::size_t kMaxFiles = 4096;

void AppendNumber(std::string& out, std::size_t number) { out += fmt::format("{}\n", number); }

class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  bool Literal(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  std::optional<std::size_t> Number(std::size_t max) {
    std::size_t value = 0, digits = 0;
    while (digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9') {
      value = value * 10 + static_cast<std::size_t>(rest_[digits] - '0');
      if (++digits > 8 || value > max) return std::nullopt;
    }
    // One way to write a number only: the digest stands for the content.
    if (digits == 0 || (digits > 1 && rest_.front() == '0')) return std::nullopt;
    rest_.remove_prefix(digits);
    if (!Literal("\n")) return std::nullopt;
    return value;
  }

  std::optional<std::string> Text(std::size_t max) {
    const auto length = Number(max);
    if (!length || *length > rest_.size()) return std::nullopt;
    std::string text(rest_.substr(0, *length));
    rest_.remove_prefix(*length);
    return text;
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(fmt::format("this is not a bundle: {}", what));
}

}  // namespace

std::string CanonicalForm(const Bundle& bundle) {
  std::string out(kMagic);
  AppendNumber(out, bundle.suites.size());
  for (const std::string& suite : bundle.suites) {
    AppendNumber(out, suite.size());
    out += suite;
  }
  AppendNumber(out, bundle.files.size());
  for (const auto& [path, content] : bundle.files) {
    AppendNumber(out, path.size());
    out += path;
    AppendNumber(out, content.size());
    out += content;
  }
  return out;
}

absl::StatusOr<Bundle> ParseCanonicalForm(std::string_view canonical) {
  // Paths and lengths come on top of the content, which alone is what kMaxBundleBytes speaks of.
  constexpr std::size_t kMaxCanonicalBytes = kMaxBundleBytes + (1 << 20);
  if (canonical.size() > kMaxCanonicalBytes) {
    return absl::InvalidArgumentError(
        fmt::format("the bundle is {} bytes; the limit is {}", canonical.size(), kMaxBundleBytes));
  }
  Reader reader(canonical);
  if (!reader.Literal(kMagic)) return Malformed("it does not begin with \"wsfleet-bundle 1\"");
  Bundle bundle;
  const auto suites = reader.Number(kMaxFiles);
  if (!suites) return Malformed("the number of suites is missing or too large");
  for (std::size_t i = 0; i < *suites; ++i) {
    auto path = reader.Text(kMaxPathBytes);
    if (!path) return Malformed(fmt::format("the path of suite {} is cut short or too long", i + 1));
    bundle.suites.push_back(*std::move(path));
  }
  const auto files = reader.Number(kMaxFiles);
  if (!files) return Malformed("the number of files is missing or too large");
  std::size_t total_bytes = 0;
  for (std::size_t i = 0; i < *files; ++i) {
    auto path = reader.Text(kMaxPathBytes);
    auto content = path ? reader.Text(kMaxBundleBytes) : std::nullopt;
    if (!content) return Malformed(fmt::format("file {} is cut short or too long", i + 1));
    total_bytes += content->size();
    if (total_bytes > kMaxBundleBytes) return Malformed(fmt::format("its files exceed {} bytes", kMaxBundleBytes));
    if (!bundle.files.empty() && bundle.files.rbegin()->first >= *path) return Malformed("its files are not in order");
    bundle.files.emplace(*std::move(path), *std::move(content));
  }
  if (!reader.at_end()) return Malformed("bytes follow the last file");
  for (const std::string& suite : bundle.suites) {
    if (!bundle.files.contains(suite)) return Malformed(fmt::format("suite \"{}\" is not among its files", suite));
  }
  return bundle;
}

BundleDigest Digest(std::string_view canonical) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  // SHA-256 of OpenSSL's default provider does not fail on memory that is there.
  EVP_Digest(canonical.data(), canonical.size(), digest.data(), &length, EVP_sha256(), nullptr);
  const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), length);
  return BundleDigest(absl::BytesToHexString(ToAbsl(bytes)));
}

std::vector<std::string> Chunks(std::string_view canonical) {
  std::vector<std::string> chunks;
  for (std::size_t offset = 0; offset < canonical.size(); offset += kChunkBytes) {
    chunks.emplace_back(canonical.substr(offset, kChunkBytes));
  }
  return chunks;
}

}  // namespace wsfleet::wire
