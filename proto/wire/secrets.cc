#include "proto/wire/secrets.h"

#include <utility>

namespace wsfleet::wire {

void PutSecrets(const GivenSecrets& secrets, v1::Assignment& assignment) {
  for (const auto& [name, secret] : secrets) {
    (*assignment.mutable_secrets())[name] = secret.value.Reveal();
    if (secret.hosts.any()) continue;
    v1::SecretHosts& hosts = (*assignment.mutable_secret_hosts())[name];
    for (std::string& pattern : secret.hosts.patterns()) hosts.add_hosts(std::move(pattern));
  }
}

absl::StatusOr<GivenSecrets> TakeSecrets(v1::Assignment& assignment) {
  GivenSecrets secrets;
  for (auto& [name, value] : *assignment.mutable_secrets()) secrets[name].value = Secret::Take(value);
  assignment.clear_secrets();
  for (const auto& [name, hosts] : assignment.secret_hosts()) {
    auto list = HostList::Parse({hosts.hosts().begin(), hosts.hosts().end()});
    if (!list.ok()) return list.status();
    if (const auto found = secrets.find(name); found != secrets.end()) found->second.hosts = *std::move(list);
  }
  return secrets;
}

void WipeSecrets(google::protobuf::Map<std::string, std::string>& secrets) {
  for (auto& [name, value] : secrets) WipeText(value);
  secrets.clear();
}

void WipeSecrets(v1::CoordinatorMessage& message) {
  if (message.has_assignment()) WipeSecrets(*message.mutable_assignment()->mutable_secrets());
}

}  // namespace wsfleet::wire
