#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/access/rules.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "re2/re2.h"
#include "tests/unit/coordinator/generic_call.h"
#include "tests/unit/coordinator/issuer_fixture.h"
#include "wsfleet/v1/access.grpc.pb.h"

// Every call × every role × own and other fleet, over the wire. The calls are what the client listener serves, so one
// that was added without a rule fails here, and so does one whose code does not ask for it.
namespace wsfleet::coordinator {
namespace {

namespace pb = google::protobuf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAreArray;

// Sets the first field of this name that is found, in the message or below it.
bool SetFleet(pb::Message& message, const std::string& fleet) {
  const pb::Descriptor& type = *message.GetDescriptor();
  if (const pb::FieldDescriptor* field = type.FindFieldByName("fleet")) {
    message.GetReflection()->SetString(&message, field, fleet);
    return true;
  }
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor* field = type.field(i);
    if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE || field->is_repeated()) continue;
    if (field->name() != "header" && field->name() != "run") continue;
    if (SetFleet(*message.GetReflection()->MutableMessage(&message, field), fleet)) return true;
  }
  return false;
}

const Rule* RuleFor(const pb::MethodDescriptor& method) {
  for (const Rule& rule : Rules()) {
    if (rule.method == method.full_name()) return &rule;
  }
  return nullptr;
}

bool IsRefusal(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::PERMISSION_DENIED ||
         status.error_code() == grpc::StatusCode::UNAUTHENTICATED;
}

class RoleMatrix : public IssuerTest {
 protected:
  RoleMatrix() {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = testing::ReadWholeFile(files_.ca);
    channel_ = grpc::CreateChannel(coordinator_->client_address(), grpc::SslCredentials(tls));
    bootstrap_ = testing::ReadWholeFile(files_.client_token);
    v1::CreateFleetRequest fleet;
    fleet.set_fleet("blue");
    v1::CreateFleetReply reply;
    EXPECT_TRUE(fleets_->CreateFleet(Context().get(), fleet, &reply).ok());
  }

  std::string Token(v1::Role role) {
    v1::CreateTokenRequest request;
    request.set_name(v1::Role_Name(role));
    request.set_role(role);
    v1::CreateTokenReply reply;
    const auto status = v1::Tokens::NewStub(channel_)->Create(Context().get(), request, &reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return reply.secret();
  }

  // What the client listener serves of ours.
  std::vector<const pb::MethodDescriptor*> Methods() {
    grpc::ClientContext context;
    SetDeadline(context);
    // ServerReflectionRequest{list_services: ""}.
    const GenericCall call(channel_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                           std::string("\x3A\x00", 2), context);
    std::vector<const pb::MethodDescriptor*> methods;
    for (const std::string& reply : call.replies()) {
      re2::StringPiece rest(reply);
      for (std::string name; RE2::FindAndConsume(&rest, R"((wsfleet\.v1\.[A-Za-z]+))", &name);) {
        const pb::ServiceDescriptor* service = pb::DescriptorPool::generated_pool()->FindServiceByName(name);
        EXPECT_NE(service, nullptr) << name;
        for (int i = 0; service != nullptr && i < service->method_count(); ++i) methods.push_back(service->method(i));
      }
    }
    return methods;
  }

  grpc::Status Call(const pb::MethodDescriptor& method, const std::string& fleet, const std::string& token) {
    const auto* prototype = pb::MessageFactory::generated_factory()->GetPrototype(method.input_type());
    const std::unique_ptr<pb::Message> request(prototype->New());
    SetFleet(*request, fleet);
    grpc::ClientContext context;
    SetDeadline(context);
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    const std::string path = "/" + method.service()->full_name() + "/" + method.name();
    return GenericCall(channel_, path, request->SerializeAsString(), context).status();
  }

  // `tokens`: with these roles in fleet "default".
  void CheckRules(const std::map<Role, std::string>& tokens) {
    for (const pb::MethodDescriptor* method : Methods()) {
      const Rule* const rule = RuleFor(*method);
      if (rule == nullptr) continue;
      for (const auto& [role, token] : tokens) {
        for (const std::string fleet : {"default", "blue", "none-of-this-name"}) {
          const bool is_own = rule->scope == Scope::kNamedFleet && fleet == "default";
          const bool may = role >= rule->role && (rule->scope == Scope::kAnyFleet || is_own);
          const grpc::Status status = Call(*method, fleet, token);
          EXPECT_EQ(IsRefusal(status), !may) << rule->method << " as " << RoleName(role) << " in " << fleet << ": "
                                             << status.error_code() << " " << status.error_message();
          if (!may) {
            EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED) << rule->method;
          }
        }
      }
    }
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::string bootstrap_;
};

TEST_F(RoleMatrix, HasARuleForEachCallAndACallForEachRule) {
  std::vector<std::string> served, ruled;
  for (const pb::MethodDescriptor* method : Methods()) served.push_back(method->full_name());
  for (const Rule& rule : Rules()) ruled.emplace_back(rule.method);
  EXPECT_THAT(ruled, UnorderedElementsAreArray(served)) << "coordinator/access/rules.cc";
}

TEST_F(RoleMatrix, LetsEachRoleDoWhatItsRuleSaysInItsOwnFleetOnly) {
  CheckRules({{Role::kViewer, Token(v1::ROLE_VIEWER)},
              {Role::kRunner, Token(v1::ROLE_RUNNER)},
              {Role::kOperator, Token(v1::ROLE_OPERATOR)},
              {Role::kAdmin, Token(v1::ROLE_ADMIN)}});
  for (const pb::MethodDescriptor* method : Methods()) {
    EXPECT_FALSE(IsRefusal(Call(*method, "default", bootstrap_))) << method->full_name();
    for (const std::string token : {"", "wsf_wrong", "e30.e30.AA"}) {
      EXPECT_EQ(Call(*method, "default", token).error_code(), grpc::StatusCode::UNAUTHENTICATED) << method->full_name();
    }
  }
}

TEST_F(RoleMatrix, LetsAnIssuersTokenDoTheSame) {
  CheckRules({{Role::kViewer, Issue(R"(["viewer"])")},
              {Role::kRunner, Issue(R"(["viewer","runner"])")},
              {Role::kOperator, Issue(R"(["operator"])")},
              {Role::kAdmin, Issue(R"("admin")")}});
  for (const pb::MethodDescriptor* method : Methods()) {
    EXPECT_EQ(Call(*method, "default", Issue("[]")).error_code(), grpc::StatusCode::PERMISSION_DENIED)
        << method->full_name();
    EXPECT_FALSE(IsRefusal(Call(*method, "default", Issue(R"("owner")")))) << method->full_name();
  }
}

TEST_F(RoleMatrix, SaysWhatItTakesAndNothingOfOtherFleets) {
  const std::string viewer = Token(v1::ROLE_VIEWER);
  const auto& submit = *v1::SubmitRequest::descriptor()->file()->FindServiceByName("Jobs")->FindMethodByName("Submit");
  EXPECT_THAT(Call(submit, "default", viewer).error_message(),
              HasSubstr("runs.submit needs the role runner, and \"ROLE_VIEWER\" has viewer in fleet \"default\""));
  const std::string other = Call(submit, "blue", viewer).error_message();
  EXPECT_THAT(other, HasSubstr("in fleet \"blue\""));
  std::string none = Call(submit, "pink", viewer).error_message();
  none.replace(none.find("pink"), 4, "blue");
  EXPECT_EQ(none, other) << "whether there is a fleet is not for those of others to know";
}

}  // namespace
}  // namespace wsfleet::coordinator
