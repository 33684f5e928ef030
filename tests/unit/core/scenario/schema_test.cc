#include <map>
#include <set>
#include <span>

#include "boost/json/parse.hpp"
#include "core/scenario/keys.h"
#include "gtest/gtest.h"
#include "tests/unit/core/scenario/suite_text.h"

namespace wsfleet {
namespace {

using Keys = std::span<const std::string_view>;

// Every mapping of the schema that has a closed list of keys, by its JSON pointer, and the parser's table for it.
const std::map<std::string, Keys> kTables{
    {"", keys::kSuite},
    {"/properties/data", keys::kData},
    {"/properties/defaults", keys::kDefaults},
    {"/properties/defaults/properties/phases", keys::kPhases},
    {"/properties/defaults/properties/inbox", keys::kInbox},
    {"/properties/regions", keys::kRegions},
    {"/properties/revision", keys::kRevision},
    {"/properties/evidence", keys::kEvidence},
    {"/properties/evidence/properties/logs/items", keys::kLogs},
    {"/properties/thresholds/items", keys::kThreshold},
    {"/definitions/predicate/anyOf/1", keys::kPredicate},
    {"/definitions/tls", keys::kTls},
    {"/definitions/compress/anyOf/1", keys::kCompress},
    {"/definitions/http", keys::kHttp},
    {"/definitions/http/properties/expect", keys::kHttpExpect},
    {"/definitions/refusal", keys::kRefusal},
    {"/definitions/refused", keys::kRefused},
    {"/definitions/connect", keys::kConnect},
    {"/definitions/connect/properties/expect", keys::kConnectExpect},
    {"/definitions/connect/properties/expect/properties/tls", keys::kTlsExpect},
    {"/definitions/connect/properties/sequence", keys::kSequence},
    {"/definitions/reconnect", keys::kReconnect},
    {"/definitions/send", keys::kSend},
    {"/definitions/message", keys::kMessage},
    {"/definitions/expect", keys::kExpect},
    {"/definitions/expect_seq", keys::kExpectSeq},
    {"/definitions/expect_all", keys::kExpectAll},
    {"/definitions/expect_none", keys::kExpectNone},
    {"/definitions/expect_close", keys::kExpectClose},
    {"/definitions/ping", keys::kPing},
    {"/definitions/close", keys::kClose},
    {"/definitions/drop", keys::kDrop},
    {"/definitions/repeat", keys::kRepeat},
    {"/definitions/step", keys::kStep},
    {"/definitions/requirement", keys::kRequirement},
    {"/definitions/jwt", keys::kJwt},
    {"/definitions/auth", keys::kCredential},
    {"/definitions/target", keys::kTarget},
    {"/definitions/load", keys::kLoad},
    {"/definitions/load/properties/stages/items", keys::kStage},
    {"/definitions/scenario", keys::kScenario},
};

// Calls `visit` with each closed mapping below `json`, and its pointer.
template <typename Visit>
void ForEachClosedMapping(const boost::json::value& json, const std::string& pointer, const Visit& visit) {
  if (json.is_array()) {
    for (std::size_t i = 0; i < json.as_array().size(); ++i) {
      ForEachClosedMapping(json.as_array()[i], fmt::format("{}/{}", pointer, i), visit);
    }
  }
  if (!json.is_object()) return;
  const auto& object = json.as_object();
  const auto* additional = object.if_contains("additionalProperties");
  if (additional != nullptr && *additional == false) visit(pointer, object);
  for (const auto& [key, value] : object) {
    ForEachClosedMapping(value, fmt::format("{}/{}", pointer, std::string_view(key)), visit);
  }
}

TEST(Schema, NamesTheKeysThatTheParserKnowsAndNoOthers) {
  const auto schema = boost::json::parse(
      ReadFile(std::filesystem::path(WSFLEET_SOURCE_DIR) / "docs/reference/scenario-v1.schema.json"));
  std::set<std::string> seen;
  ForEachClosedMapping(schema, "", [&](const std::string& pointer, const boost::json::object& object) {
    SCOPED_TRACE(pointer);
    seen.insert(pointer);
    const auto table = kTables.find(pointer);
    ASSERT_NE(table, kTables.end()) << "the schema has a mapping of which this test does not know the parser's table";
    std::set<std::string> expected, found(table->second.begin(), table->second.end());
    if (const auto* properties = object.if_contains("properties")) {
      for (const auto& property : properties->as_object()) expected.emplace(std::string_view(property.key()));
    }
    EXPECT_EQ(found, expected);
  });
  EXPECT_EQ(seen.size(), kTables.size());
}

}  // namespace
}  // namespace wsfleet
