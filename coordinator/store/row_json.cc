#include "coordinator/store/row_json.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "boost/json/object.hpp"
#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "boost/json/value.hpp"
#include "boost/json/value_from.hpp"
#include "boost/json/value_to.hpp"
#include "fmt/format.h"

namespace wsfleet::store {
namespace {

namespace json = boost::json;

absl::StatusOr<json::value> Parse(std::string_view text, std::string_view column) {
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return absl::DataLossError(fmt::format("column {} is not JSON: {}", column, error.message()));
  return value;
}

// Boost.JSON's own conversions, with their exception kept inside.
template <typename T>
absl::StatusOr<T> Read(const json::value& value, std::string_view what) {
  auto result = json::try_value_to<T>(value);
  if (result.has_error()) return absl::DataLossError(fmt::format("{}: {}", what, result.error().message()));
  return *std::move(result);
}

// Reads members of one object; the first that is wrong is what status() says.
class Members {
 public:
  explicit Members(const json::object& object) : object_(object) {}

  // Leaves `into` alone if there is no such member, or null.
  template <typename T>
  void Get(json::string_view name, T& into) {
    const json::value* member = object_.if_contains(name);
    if (member == nullptr || member->is_null() || !status_.ok()) return;
    auto value = Read<T>(*member, std::string_view(name.data(), name.size()));
    if (value.ok()) {
      into = *std::move(value);
    } else {
      status_ = value.status();
    }
  }

  template <typename Tag>
  void GetId(json::string_view name, TypedId<Tag, std::string>& into) {
    std::string text = into.value();
    Get(name, text);
    into = TypedId<Tag, std::string>(std::move(text));
  }

  void GetIds(json::string_view name, std::vector<CaseId>& into) {
    std::vector<std::string> texts;
    Get(name, texts);
    for (std::string& text : texts) into.emplace_back(std::move(text));
  }

  void GetDuration(json::string_view name, absl::Duration& into) {
    if (!object_.contains(name)) return;
    std::int64_t nanoseconds = absl::ToInt64Nanoseconds(into);
    Get(name, nanoseconds);
    into = absl::Nanoseconds(nanoseconds);
  }

  void GetTime(json::string_view name, std::optional<absl::Time>& into) {
    std::optional<std::int64_t> nanoseconds;
    if (object_.contains(name)) Get(name, nanoseconds.emplace());
    if (nanoseconds) into = absl::FromUnixNanos(*nanoseconds);
  }

  void GetOptional(json::string_view name, std::optional<std::uint32_t>& into) {
    std::int64_t number = -1;
    Get(name, number);
    if (number < 0) return;
    if (number > std::numeric_limits<std::uint32_t>::max()) {
      status_ = absl::DataLossError(fmt::format("{}: {} is out of range", std::string(name), number));
      return;
    }
    into = static_cast<std::uint32_t>(number);
  }

  const absl::Status& status() const { return status_; }

 private:
  const json::object& object_;
  absl::Status status_;
};

template <typename Map>
json::object MapObject(const Map& map) {
  json::object object;
  for (const auto& [name, value] : map) object[name] = value;
  return object;
}

using PlainMap = std::map<std::string, std::string>;

}  // namespace

namespace {

json::object NeedsObject(const PlanNeeds& needs) {
  json::object object{{"connections", needs.connections}, {"sessions", needs.sessions}};
  if (!needs.places) return object;
  json::array hosts, ports;
  for (const TargetPlace& place : *needs.places) {
    hosts.emplace_back(place.host);
    ports.emplace_back(place.port);
  }
  object["hosts"] = std::move(hosts);
  object["ports"] = std::move(ports);
  return object;
}

absl::StatusOr<PlanNeeds> NeedsOfObject(const json::object& object) {
  PlanNeeds needs;
  std::vector<std::string> hosts;
  std::vector<std::uint16_t> ports;
  Members members(object);
  members.Get("connections", needs.connections);
  members.Get("sessions", needs.sessions);
  members.Get("hosts", hosts);
  members.Get("ports", ports);
  if (!members.status().ok()) return members.status();
  if (hosts.size() != ports.size()) return absl::DataLossError("column spec: expected a port for each host");
  if (!object.contains("hosts")) return needs;
  needs.places.emplace();
  for (std::size_t i = 0; i < hosts.size(); ++i) needs.places->push_back({hosts[i], ports[i]});
  return needs;
}

}  // namespace

std::string SpecToText(const JobSpec& spec) {
  json::object selection{{"grep", spec.selection.grep},
                         {"tags", json::value_from(spec.selection.tags)},
                         {"repeat", spec.selection.repeat}};
  if (spec.selection.max_priority) selection["max_priority"] = *spec.selection.max_priority;
  const auto ids = [](const std::vector<CaseId>& cases) {
    json::array array;
    for (const CaseId& id : cases) array.emplace_back(id.value());
    return array;
  };
  if (!spec.selection.cases.empty()) selection["cases"] = ids(spec.selection.cases);
  json::object object{{"key", spec.key.value()},
                      {"bundle", spec.bundle.value()},
                      {"bundle_bytes", spec.bundle_bytes},
                      {"selection", std::move(selection)},
                      {"vars", MapObject(spec.variables.vars)},
                      {"env", MapObject(spec.variables.env)},
                      {"from", json::value_from(spec.from)},
                      {"every_agent", spec.every_agent},
                      {"agents_wait_ns", absl::ToInt64Nanoseconds(spec.agents_wait)},
                      {"deadline_ns", absl::ToInt64Nanoseconds(spec.deadline)},
                      {"detached", spec.detached},
                      {"server_logs", spec.server_logs},
                      {"secrets_of_fleet", json::value_from(spec.secrets_of_fleet)},
                      {"submitter", spec.submitter},
                      {"command", spec.command},
                      {"suites", json::value_from(spec.suites)},
                      {"cases", ids(spec.cases)}};
  if (spec.require) object["require"] = *spec.require;
  if (spec.attempt_limit != absl::InfiniteDuration()) {
    object["attempt_limit_ns"] = absl::ToInt64Nanoseconds(spec.attempt_limit);
  }
  if (spec.language_minor != 1) object["language_minor"] = spec.language_minor;
  if (spec.needs != PlanNeeds()) object["needs"] = NeedsObject(spec.needs);
  if (!spec.schedule.empty()) object["schedule"] = spec.schedule.value();
  if (spec.tick) object["tick_ns"] = absl::ToUnixNanos(*spec.tick);
  return json::serialize(object);
}

absl::StatusOr<JobSpec> SpecFromText(std::string_view text) {
  const auto parsed = Parse(text, "spec");
  if (!parsed.ok()) return parsed.status();
  if (!parsed->is_object()) return absl::DataLossError("column spec: expected an object");
  JobSpec spec;
  Members members(parsed->get_object());
  members.GetId("key", spec.key);
  members.GetId("bundle", spec.bundle);
  members.Get("bundle_bytes", spec.bundle_bytes);
  members.Get("from", spec.from);
  members.Get("every_agent", spec.every_agent);
  members.GetOptional("require", spec.require);
  members.GetDuration("agents_wait_ns", spec.agents_wait);
  members.GetDuration("deadline_ns", spec.deadline);
  members.GetDuration("attempt_limit_ns", spec.attempt_limit);
  members.Get("language_minor", spec.language_minor);
  members.Get("detached", spec.detached);
  members.Get("server_logs", spec.server_logs);
  members.Get("secrets_of_fleet", spec.secrets_of_fleet);
  members.Get("submitter", spec.submitter);
  members.Get("command", spec.command);
  members.GetId("schedule", spec.schedule);
  members.GetTime("tick_ns", spec.tick);
  members.Get("suites", spec.suites);
  PlainMap vars, env;
  members.Get("vars", vars);
  members.Get("env", env);
  spec.variables.vars.insert(vars.begin(), vars.end());
  spec.variables.env.insert(env.begin(), env.end());
  members.GetIds("cases", spec.cases);
  if (!members.status().ok()) return members.status();
  if (const json::value* selection = parsed->get_object().if_contains("selection");
      selection != nullptr && selection->is_object()) {
    Members selected(selection->get_object());
    selected.Get("grep", spec.selection.grep);
    selected.Get("tags", spec.selection.tags);
    selected.Get("repeat", spec.selection.repeat);
    selected.GetOptional("max_priority", spec.selection.max_priority);
    selected.GetIds("cases", spec.selection.cases);
    if (!selected.status().ok()) return selected.status();
  }
  if (const json::value* needs = parsed->get_object().if_contains("needs"); needs != nullptr && needs->is_object()) {
    auto read = NeedsOfObject(needs->get_object());
    if (!read.ok()) return read.status();
    spec.needs = *std::move(read);
  }
  return spec;
}

std::string ListToText(const std::vector<std::string>& list) { return json::serialize(json::value_from(list)); }

absl::StatusOr<std::vector<std::string>> ListFromText(std::string_view text) {
  const auto parsed = Parse(text, "list");
  if (!parsed.ok()) return parsed.status();
  return Read<std::vector<std::string>>(*parsed, "list");
}

std::string MapToText(const std::map<std::string, std::string>& map) { return json::serialize(MapObject(map)); }

absl::StatusOr<std::map<std::string, std::string>> MapFromText(std::string_view text) {
  const auto parsed = Parse(text, "map");
  if (!parsed.ok()) return parsed.status();
  return Read<PlainMap>(*parsed, "map");
}

std::string PastLeasesToText(const std::vector<PastLease>& leases) {
  json::array all;
  for (const PastLease& lease : leases) {
    all.push_back({{"lease", lease.id.value()}, {"attempt", lease.attempt}, {"agent", lease.agent.value()}});
  }
  return json::serialize(all);
}

absl::StatusOr<std::vector<PastLease>> PastLeasesFromText(std::string_view text) {
  const auto value = Parse(text, "past_leases");
  if (!value.ok()) return value.status();
  const json::array* all = value->if_array();
  if (all == nullptr) return absl::DataLossError("past_leases: expected an array");
  std::vector<PastLease> leases;
  for (const json::value& one : *all) {
    const json::object* object = one.if_object();
    if (object == nullptr) return absl::DataLossError("past_leases: expected objects");
    Members members(*object);
    std::uint64_t id = 0;
    PastLease& lease = leases.emplace_back();
    members.Get("lease", id);
    members.Get("attempt", lease.attempt);
    members.GetId("agent", lease.agent);
    if (!members.status().ok()) return members.status();
    lease.id = LeaseId(id);
  }
  return leases;
}

std::string ResultToText(const CaseResult& result) { return json::serialize(ToJson(result)); }

absl::StatusOr<CaseResult> ResultFromText(std::string_view text) {
  const auto parsed = Parse(text, "result");
  if (!parsed.ok()) return parsed.status();
  auto result = CaseResultFromJson(*parsed);
  if (!result.ok()) {
    return absl::DataLossError(fmt::format("column result: {}", std::string(result.status().message())));
  }
  return result;
}

}  // namespace wsfleet::store
