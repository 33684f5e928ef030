#pragma once

#include <cstddef>
#include <deque>
#include <string_view>
#include <vector>

#include "boost/json/value.hpp"
#include "core/base/secret.h"

namespace wsfleet {

// What of a secret may come back alone: lines, members of JSON, and of a URL path and query, what stands in them, and
// user information. A part may have parts. The secret has to outlive it.
class SecretParts {
 public:
  // Of more, the longest ones.
  static constexpr std::size_t kMaxParts = 256;

  explicit SecretParts(std::string_view secret);

  // In no order, the same one as often as it is there.
  const std::vector<std::string_view>& all() const { return parts_; }

 private:
  void Add(std::string_view part);
  void AddWithParts(std::string_view part);
  void AddPartsOf(std::string_view value);
  void AddLines(std::string_view text);
  void AddMembersOfJson(std::string_view value);
  void AddMembersOf(const boost::json::value& json, std::string_view name);
  void AddMember(std::string_view text);
  void AddPartsOfUrl(std::string_view value);

  std::vector<std::string_view> parts_;
  std::deque<Secret> members_;  // those that stand otherwise in the secret
};

}  // namespace wsfleet
