#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// Addresses of the internet protocols, and which of them are no place of the public internet.
namespace wsfleet {

// An IPv6 address, or an IPv4 one, which is held as IPv6 maps it (::ffff:a.b.c.d): both spellings are one address.
class IpAddress {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  IpAddress() = default;  // "::"
  explicit IpAddress(const Bytes& bytes) : bytes_(bytes) {}
  static IpAddress V4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d);

  // Dotted decimal without leading zeros (RFC 6943, 3.1.1, "strict"), or RFC 4291, 2.2; a zone ("%eth0") is left out.
  // Nothing for any other text.
  static std::optional<IpAddress> Parse(std::string_view text);

  const Bytes& bytes() const { return bytes_; }
  bool is_v4() const;
  // Dotted decimal, or as RFC 5952 writes it.
  std::string text() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  Bytes bytes_{};
};

// "10.0.0.0/8", "fd00::/8", or one address.
class AddressRange {
 public:
  AddressRange(const IpAddress& first, int prefix_bits) : first_(first), prefix_bits_(prefix_bits) {}
  // INVALID_ARGUMENT: it is none, or has bits behind its prefix.
  static absl::StatusOr<AddressRange> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const;
  std::string text() const;

  friend bool operator==(const AddressRange&, const AddressRange&) = default;

 private:
  IpAddress first_;
  int prefix_bits_ = 128;  // of the 128 that both kinds of address have here
};

enum class AddressKind {
  kGlobal,
  kMetadata,  // where instances of a cloud read their credentials
  kUnspecified,
  kLoopback,
  kPrivate,
  kShared,  // of carriers (RFC 6598)
  kLinkLocal,
  kMulticast,
  kDocumentation,
  kTunnel,  // 6to4, Teredo, local NAT64: leads elsewhere
  kReserved,
};

// "a loopback address"
std::string_view AddressKindText(AddressKind kind);

// The address itself, or an IPv4 address that is written into it, for which the public internet is not the place.
struct SpecialPart {
  IpAddress address;
  AddressKind kind = AddressKind::kReserved;
};

// By IANA's registries of special-purpose addresses (RFC 6890); what of IPv6 is not given out yet is reserved. Seen
// through are IPv4-compatible and IPv4-translated addresses, NAT64 (RFC 6052, RFC 8215), 6to4, ISATAP and Teredo.
// Empty: an address of the public internet. What leads to a cloud's credentials stands first.
std::vector<SpecialPart> SpecialParts(const IpAddress& address);

}  // namespace wsfleet
