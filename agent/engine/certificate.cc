#include "agent/engine/certificate.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "boost/asio/ip/address.hpp"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kMaxNames = 20;
constexpr std::size_t kMaxNameBytes = 100;

std::string_view Bytes(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string Shown(std::string_view text) { return Printable(Excerpt(text, kMaxNameBytes)); }

std::string NameText(const X509_NAME* name) {
  char text[256] = {};
  X509_NAME_oneline(name, text, sizeof(text) - 1);
  return text;
}

std::string AddressText(std::string_view bytes) {
  ip::address_v4::bytes_type v4;
  ip::address_v6::bytes_type v6;
  if (bytes.size() == v4.size()) {
    std::ranges::copy(bytes, v4.begin());
    return ip::address_v4(v4).to_string();
  }
  if (bytes.size() != v6.size()) return "(an address of another length)";
  std::ranges::copy(bytes, v6.begin());
  return ip::address_v6(v6).to_string();
}

// DNS names and addresses; at most kMaxNames, then how many more there are.
std::vector<std::string> AlternativeNames(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  std::vector<std::string> names;
  std::size_t more = 0;
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
    if (names.size() == kMaxNames) {
      ++more;
    } else {
      names.push_back(name->type == GEN_DNS ? Shown(Bytes(name->d.dNSName)) : AddressText(Bytes(name->d.iPAddress)));
    }
  }
  if (more > 0) names.push_back(fmt::format("{} more", more));
  return names;
}

std::string CommonName(const X509* certificate) {
  std::array<char, 256> text{};
  const int bytes = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text.data(),
                                              static_cast<int>(text.size()));
  return bytes <= 0 ? std::string() : Shown({text.data(), static_cast<std::size_t>(bytes)});
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm fields{};
  ASN1_TIME_to_tm(time, &fields);
  return absl::FromTM(fields, absl::UTCTimeZone());
}

std::string DateText(const ASN1_TIME* time) { return absl::FormatTime("%Y-%m-%d", TimeOf(time), absl::UTCTimeZone()); }

}  // namespace

std::string IssuerOf(const X509* certificate) { return NameText(X509_get_issuer_name(certificate)); }

absl::Time EndOf(const X509* certificate) { return TimeOf(X509_get0_notAfter(certificate)); }

std::string DescribeCertificate(const X509* certificate) {
  std::string text =
      fmt::format("{} issuer={} from={} until={}", NameText(X509_get_subject_name(certificate)), IssuerOf(certificate),
                  DateText(X509_get0_notBefore(certificate)), DateText(X509_get0_notAfter(certificate)));
  const std::vector<std::string> names = AlternativeNames(certificate);
  if (!names.empty()) text += fmt::format(" names={}", fmt::join(names, ","));
  return text;
}

std::string DescribeMismatch(const X509* certificate, std::string_view asked) {
  std::vector<std::string> names = AlternativeNames(certificate);
  if (names.empty()) names.push_back(CommonName(certificate));
  const std::string is_for = names.front().empty() ? std::string("no name") : fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("the certificate is for {}, asked for {}", is_for, asked);
}

}  // namespace wsfleet::engine
