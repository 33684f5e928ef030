#include "core/policy/address.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr int kV4Offset = 96;  // bits that stand before an IPv4 address

// Four numbers of 0 to 255, as a computer writes them: 010 is eight to some readers and ten to others.
bool ReadDottedDecimal(std::string_view text, std::span<std::uint8_t, 4> into) {
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t end = i < 3 ? text.find('.') : text.size();
    if (end == std::string_view::npos) return false;
    const std::string_view number = text.substr(0, end);
    if (number.empty() || (number.size() > 1 && number.front() == '0')) return false;
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), into[i]);
    if (error != std::errc() || stop != number.data() + number.size()) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

// Groups of one side of a "::"; false if they are none, or more than there is room for. The last of an address may be
// an IPv4 address in place of two.
bool ReadGroups(std::string_view text, bool is_end, std::vector<std::uint8_t>& into) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(':'), text.size());
    const std::string_view group = text.substr(0, end);
    if (group.find('.') != std::string_view::npos) {
      std::array<std::uint8_t, 4> v4{};
      if (!is_end || end != text.size() || !ReadDottedDecimal(group, v4)) return false;
      into.insert(into.end(), v4.begin(), v4.end());
      return into.size() <= 16;
    }
    std::uint16_t number = 0;
    const auto [stop, error] = std::from_chars(group.data(), group.data() + group.size(), number, 16);
    if (group.size() > 4 || error != std::errc() || stop != group.data() + group.size()) return false;
    into.push_back(static_cast<std::uint8_t>(number >> 8));
    into.push_back(static_cast<std::uint8_t>(number & 0xFF));
    if (into.size() > 16) return false;
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
    if (text.empty()) return false;
  }
  return true;
}

std::optional<IpAddress> ReadV6(std::string_view text) {
  const std::size_t gap = text.find("::");
  std::vector<std::uint8_t> before, after;
  const bool has_gap = gap != std::string_view::npos;
  if (!ReadGroups(text.substr(0, gap), !has_gap, before)) return std::nullopt;
  if (has_gap && !ReadGroups(text.substr(gap + 2), true, after)) return std::nullopt;
  const std::size_t size = before.size() + after.size();
  // A gap stands for one group at least.
  if (has_gap ? size > 14 : size != 16) return std::nullopt;
  IpAddress::Bytes bytes{};
  std::ranges::copy(before, bytes.begin());
  std::ranges::copy_backward(after, bytes.end());
  return IpAddress(bytes);
}

constexpr IpAddress::Bytes Mapped(std::uint8_t a, std::uint8_t b = 0, std::uint8_t c = 0, std::uint8_t d = 0) {
  return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, a, b, c, d};
}

constexpr IpAddress::Bytes Groups(std::array<std::uint16_t, 8> groups) {
  IpAddress::Bytes bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
    bytes[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xFF);
  }
  return bytes;
}

struct KnownRange {
  IpAddress::Bytes first;
  int prefix_bits;
  AddressKind kind;
};

// The first that holds an address says what it is.
constexpr KnownRange kKnownRanges[] = {
    // AWS, Azure, Google with its clusters, and others; AWS's containers; Scaleway; Alibaba; Volcengine; Oracle;
    // Tencent;
    // Azure's agent; of IPv6 AWS, Google, OpenStack, Scaleway, Linode and Oracle.
    {Mapped(169, 254, 169), kV4Offset + 24, AddressKind::kMetadata},
    {Mapped(169, 254, 170), kV4Offset + 24, AddressKind::kMetadata},
    {Mapped(169, 254, 42, 42), 128, AddressKind::kMetadata},
    {Mapped(100, 100, 100, 200), 128, AddressKind::kMetadata},
    {Mapped(100, 96, 0, 96), 128, AddressKind::kMetadata},
    {Mapped(192, 0, 0, 192), 128, AddressKind::kMetadata},
    {Mapped(169, 254, 0, 23), 128, AddressKind::kMetadata},
    {Mapped(168, 63, 129, 16), 128, AddressKind::kMetadata},
    {Groups({0xFD00, 0xEC2, 0, 0, 0, 0, 0, 0x254}), 128, AddressKind::kMetadata},
    {Groups({0xFD00, 0xEC2, 0, 0, 0, 0, 0, 0x23}), 128, AddressKind::kMetadata},
    {Groups({0xFD20, 0xCE, 0, 0, 0, 0, 0, 0x254}), 128, AddressKind::kMetadata},
    {Groups({0xFE80, 0, 0, 0, 0, 0, 0xA9FE, 0xA9FE}), 128, AddressKind::kMetadata},
    {Groups({0xFD00, 0x42, 0, 0, 0, 0, 0, 0x42}), 128, AddressKind::kMetadata},
    {Groups({0xFD00, 0xA9FE, 0xA9FE, 0, 0, 0, 0, 1}), 128, AddressKind::kMetadata},
    {Groups({0xFD00, 0xC1, 0, 0, 0, 0, 0xA9FE, 0xA9FE}), 128, AddressKind::kMetadata},
    // https://www.iana.org/assignments/iana-ipv4-special-registry, and 224.0.0.0/4 of the multicast one
    {Mapped(0), kV4Offset + 8, AddressKind::kUnspecified},
    {Mapped(10), kV4Offset + 8, AddressKind::kPrivate},
    {Mapped(100, 64), kV4Offset + 10, AddressKind::kShared},
    {Mapped(127), kV4Offset + 8, AddressKind::kLoopback},
    {Mapped(169, 254), kV4Offset + 16, AddressKind::kLinkLocal},
    {Mapped(172, 16), kV4Offset + 12, AddressKind::kPrivate},
    {Mapped(192, 0, 0), kV4Offset + 24, AddressKind::kReserved},
    {Mapped(192, 0, 2), kV4Offset + 24, AddressKind::kDocumentation},
    {Mapped(192, 88, 99), kV4Offset + 24, AddressKind::kTunnel},
    {Mapped(192, 168), kV4Offset + 16, AddressKind::kPrivate},
    {Mapped(198, 18), kV4Offset + 15, AddressKind::kReserved},
    {Mapped(198, 51, 100), kV4Offset + 24, AddressKind::kDocumentation},
    {Mapped(203, 0, 113), kV4Offset + 24, AddressKind::kDocumentation},
    {Mapped(224), kV4Offset + 4, AddressKind::kMulticast},
    {Mapped(240), kV4Offset + 4, AddressKind::kReserved},
    {Mapped(0), kV4Offset, AddressKind::kGlobal},
    // https://www.iana.org/assignments/iana-ipv6-special-registry
    {Groups({}), 128, AddressKind::kUnspecified},
    {Groups({0, 0, 0, 0, 0, 0, 0, 1}), 128, AddressKind::kLoopback},
    {Groups({0x64, 0xFF9B}), 96, AddressKind::kGlobal},
    {Groups({0x64, 0xFF9B, 1}), 48, AddressKind::kTunnel},
    {Groups({0x2001}), 32, AddressKind::kTunnel},
    {Groups({0x2001}), 23, AddressKind::kReserved},
    {Groups({0x2001, 0xDB8}), 32, AddressKind::kDocumentation},
    {Groups({0x2002}), 16, AddressKind::kTunnel},
    {Groups({0x3FFF}), 20, AddressKind::kDocumentation},
    {Groups({0x2000}), 3, AddressKind::kGlobal},
    {Groups({0xFC00}), 7, AddressKind::kPrivate},
    {Groups({0xFE80}), 10, AddressKind::kLinkLocal},
    {Groups({0xFEC0}), 10, AddressKind::kPrivate},
    {Groups({0xFF00}), 8, AddressKind::kMulticast},
};

AddressKind KindOf(const IpAddress& address) {
  const auto* const known = std::ranges::find_if(kKnownRanges, [&](const KnownRange& range) {
    return AddressRange(IpAddress(range.first), range.prefix_bits).Contains(address);
  });
  return known == std::end(kKnownRanges) ? AddressKind::kReserved : known->kind;
}

// The IPv4 addresses that may be written into an IPv6 one.
std::vector<IpAddress> WrittenInto(const IpAddress& address) {
  const IpAddress::Bytes& b = address.bytes();
  const auto within = [&](const IpAddress::Bytes& first, int bits) {
    return AddressRange(IpAddress(first), bits).Contains(address);
  };
  const IpAddress last = IpAddress::V4(b[12], b[13], b[14], b[15]);
  // IPv4-compatible (RFC 4291, 2.5.5.1; "::" and "::1" are none), IPv4-translated (RFC 2765), NAT64 (RFC 6052, 2.1).
  const bool is_number = within({}, 96) && !within({}, 127);
  if (is_number || within(Groups({0, 0, 0, 0, 0xFFFF}), 96) || within(Groups({0x64, 0xFF9B}), 96)) return {last};
  // Of a local prefix (RFC 8215) its length is not known: 96, or 48, with bits 64 to 71 left out (RFC 6052, 2.2). What
  // reads as zero is not where it is written. 56 and 64 are rare, and would make something of every address: only what
  // no policy allows is looked for there.
  if (within(Groups({0x64, 0xFF9B, 1}), 48)) {
    std::vector<IpAddress> readings{last, IpAddress::V4(b[6], b[7], b[9], b[10])};
    std::erase(readings, IpAddress::V4(0, 0, 0, 0));
    for (const IpAddress& rare : {IpAddress::V4(b[7], b[9], b[10], b[11]), IpAddress::V4(b[9], b[10], b[11], b[12])}) {
      if (KindOf(rare) == AddressKind::kMetadata) readings.push_back(rare);
    }
    return readings;
  }
  // ISATAP (RFC 5214, 6.1): of a global IPv4 address its second bit says so.
  if ((b[8] & ~2) == 0 && b[9] == 0 && b[10] == 0x5E && b[11] == 0xFE) return {last};
  if (within(Groups({0x2002}), 16)) return {IpAddress::V4(b[2], b[3], b[4], b[5])};
  // Teredo (RFC 4380, 4): its server, and the client, whose bits are turned.
  if (within(Groups({0x2001}), 32)) {
    const auto turned = [&](std::size_t i) { return static_cast<std::uint8_t>(~b[i]); };
    return {IpAddress::V4(turned(12), turned(13), turned(14), turned(15)), IpAddress::V4(b[4], b[5], b[6], b[7])};
  }
  return {};
}

}  // namespace

IpAddress IpAddress::V4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return IpAddress(Mapped(a, b, c, d));
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  std::array<std::uint8_t, 4> v4{};
  if (ReadDottedDecimal(text, v4)) return V4(v4[0], v4[1], v4[2], v4[3]);
  text = text.substr(0, text.find('%'));
  return text.find(':') == std::string_view::npos ? std::nullopt : ReadV6(text);
}

bool IpAddress::is_v4() const { return AddressRange(IpAddress(Mapped(0)), kV4Offset).Contains(*this); }

std::string IpAddress::text() const {
  if (is_v4()) return fmt::format("{}.{}.{}.{}", bytes_[12], bytes_[13], bytes_[14], bytes_[15]);
  // The longest run of zeros, the first of those that are as long; of one group it stays (RFC 5952, 4.2).
  const auto group = [this](std::size_t i) { return bytes_[2 * i] << 8 | bytes_[2 * i + 1]; };
  std::size_t gap = 8, gap_size = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t end = i;
    while (end < 8 && group(end) == 0) ++end;
    if (end - i > gap_size) {
      gap = i;
      gap_size = end - i;
    }
  }
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == gap) {
      out += "::";
      i += gap_size - 1;
    } else {
      out += fmt::format("{}{:x}", out.empty() || out.ends_with(':') ? "" : ":", group(i));
    }
  }
  return out;
}

absl::StatusOr<AddressRange> AddressRange::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto first = IpAddress::Parse(text.substr(0, slash));
  const int most = first && first->is_v4() ? 32 : 128;
  int bits = most;
  bool good = first && text.find('%') == std::string_view::npos;
  if (slash != std::string_view::npos) {
    const auto [end, error] = std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
    good = good && error == std::errc() && end == text.data() + text.size() && bits >= 0 && bits <= most;
  }
  if (!good) {
    return absl::InvalidArgumentError(
        fmt::format("expected a range of addresses such as 10.0.0.0/8 or fd00::/8, found \"{}\"", text));
  }
  bits += 128 - most;
  IpAddress::Bytes bytes = first->bytes();
  for (int bit = bits; bit < 128; ++bit) bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80 >> bit % 8));
  const AddressRange range(IpAddress(bytes), bits);
  if (range.first_ != *first) {
    return absl::InvalidArgumentError(
        fmt::format("\"{}\" has bits behind its prefix; expected {}", text, range.text()));
  }
  return range;
}

bool AddressRange::Contains(const IpAddress& address) const {
  const auto whole = static_cast<std::size_t>(prefix_bits_) / 8;
  const IpAddress::Bytes& a = first_.bytes();
  const IpAddress::Bytes& b = address.bytes();
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const int rest = prefix_bits_ % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

std::string AddressRange::text() const {
  const int most = first_.is_v4() && prefix_bits_ >= kV4Offset ? 32 : 128;
  const int bits = prefix_bits_ - (128 - most);
  return bits == most ? first_.text() : fmt::format("{}/{}", first_.text(), bits);
}

std::string_view AddressKindText(AddressKind kind) {
  switch (kind) {
    case AddressKind::kGlobal:
      return "an address of the public internet";
    case AddressKind::kMetadata:
      return "where a cloud keeps credentials";
    case AddressKind::kUnspecified:
      return "an unspecified address";
    case AddressKind::kLoopback:
      return "a loopback address";
    case AddressKind::kPrivate:
      return "a private address";
    case AddressKind::kShared:
      return "an address of a carrier's own network";
    case AddressKind::kLinkLocal:
      return "a link-local address";
    case AddressKind::kMulticast:
      return "a multicast address";
    case AddressKind::kDocumentation:
      return "an address for documentation";
    case AddressKind::kTunnel:
      return "an address of a tunnel";
    case AddressKind::kReserved:
      return "a reserved address";
  }
  return "";
}

std::vector<SpecialPart> SpecialParts(const IpAddress& address) {
  std::vector<SpecialPart> parts;
  for (const IpAddress& inner : WrittenInto(address)) parts.push_back({inner, KindOf(inner)});
  parts.push_back({address, KindOf(address)});
  std::erase_if(parts, [](const SpecialPart& part) { return part.kind == AddressKind::kGlobal; });
  std::ranges::stable_partition(parts, [](const SpecialPart& part) { return part.kind == AddressKind::kMetadata; });
  return parts;
}

}  // namespace wsfleet
