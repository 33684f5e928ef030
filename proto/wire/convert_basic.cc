#include <string>
#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/limits.h"
#include "proto/wire/redirect.h"

namespace wsfleet::wire {

grpc::Status ToGrpc(const absl::Status& status) {
  // Both sides number their codes by the same table (google.rpc.Code).
  const auto redirect = RedirectOf(status);
  // One that does not fit into the headers of an answer would take the code with it.
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), Excerpt(ToStd(status.message()), kMaxTextBytes),
                      redirect ? redirect->SerializeAsString() : std::string());
}

absl::Status FromGrpc(const grpc::Status& status) {
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  v1::Redirect redirect;
  const bool has_redirect = !status.error_details().empty() && redirect.ParseFromString(status.error_details());
  return has_redirect && !result.ok() ? WithRedirect(std::move(result), redirect) : result;
}

google::protobuf::Duration ToWire(absl::Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<std::int32_t>(absl::IDivDuration(duration, absl::Nanoseconds(1), &duration)));
  return proto;
}

google::protobuf::Timestamp ToWire(absl::Time time) {
  google::protobuf::Timestamp proto;
  const std::int64_t seconds = absl::ToUnixSeconds(time);
  proto.set_seconds(seconds);
  proto.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return proto;
}

absl::Duration FromWire(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

absl::Time FromWire(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

v1::Selection ToWire(const Selection& selection) {
  v1::Selection proto;
  proto.set_grep(selection.grep);
  for (const std::string& tag : selection.tags) proto.add_tags(tag);
  if (selection.max_priority) proto.set_max_priority(*selection.max_priority);
  proto.set_repeat(selection.repeat);
  for (const CaseId& id : selection.cases) proto.add_cases(id.value());
  return proto;
}

absl::StatusOr<Selection> FromWire(const v1::Selection& proto) {
  Selection selection;
  if (auto status = CheckText("selection.grep", proto.grep(), kMaxTextBytes); !status.ok()) return status;
  if (auto status = CheckCount("selection.tags", proto.tags_size(), kMaxTags); !status.ok()) return status;
  for (const std::string& tag : proto.tags()) {
    if (auto status = CheckText("selection.tags", tag, kMaxNameBytes); !status.ok()) return status;
    selection.tags.push_back(tag);
  }
  selection.grep = proto.grep();
  if (proto.has_max_priority()) {
    if (proto.max_priority() < 1 || proto.max_priority() > 9) {
      return absl::InvalidArgumentError(
          fmt::format("selection.max_priority: expected 1 to 9, found {}", proto.max_priority()));
    }
    selection.max_priority = proto.max_priority();
  }
  if (proto.repeat() > kMaxRepeat) {
    return absl::InvalidArgumentError(
        fmt::format("selection.repeat: expected at most {}, found {}", kMaxRepeat, proto.repeat()));
  }
  selection.repeat = proto.repeat() == 0 ? 1 : proto.repeat();
  if (auto status = CheckCount("selection.cases", proto.cases_size(), kMaxSelectedCases); !status.ok()) return status;
  for (const std::string& id : proto.cases()) {
    if (auto status = CheckText("selection.cases", id, kMaxTextBytes); !status.ok()) return status;
    selection.cases.emplace_back(id);
  }
  return selection;
}

v1::Variables ToWire(const Variables& variables) {
  v1::Variables proto;
  for (const auto& [name, value] : variables.vars) (*proto.mutable_vars())[name] = value;
  for (const auto& [name, value] : variables.env) (*proto.mutable_env())[name] = value;
  return proto;
}

absl::StatusOr<Variables> FromWire(const v1::Variables& proto) {
  Variables variables;
  const auto copy = [](const char* field, const auto& from, auto& to) -> absl::Status {
    if (auto status = CheckCount(field, static_cast<int>(from.size()), kMaxVariables); !status.ok()) return status;
    for (const auto& [name, value] : from) {
      if (auto status = CheckText(field, name, kMaxNameBytes); !status.ok()) return status;
      if (auto status = CheckText(field, value, kMaxValueBytes); !status.ok()) return status;
      to.emplace(name, value);
    }
    return absl::OkStatus();
  };
  if (auto status = copy("variables.vars", proto.vars(), variables.vars); !status.ok()) return status;
  if (auto status = copy("variables.env", proto.env(), variables.env); !status.ok()) return status;
  return variables;
}

}  // namespace wsfleet::wire
