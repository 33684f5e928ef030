#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/scenario/fields.h"
#include "core/scenario/suite.h"

namespace wsfleet {

TlsSpec ParseTls(ParseContext& context, const YamlNode& node);
// "none" stays as it is: it overrides the target's.
Template ParseProxy(ParseContext& context, const YamlNode& node);
// All of `auth:`, with `from` followed and in the order written.
std::vector<Credential> ParseCredentials(ParseContext& context, const YamlNode& node);
HttpRequest ParseHttp(ParseContext& context, const YamlNode& node);
ConnectStep ParseConnect(ParseContext& context, const YamlNode& node);
ReconnectStep ParseReconnect(ParseContext& context, const YamlNode& node);

}  // namespace wsfleet
