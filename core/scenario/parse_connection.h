#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/scenario/fields.h"
#include "core/scenario/request_names.h"
#include "core/scenario/suite.h"

namespace wsfleet {

// Templates by the names of headers, which it checks.
std::vector<std::pair<std::string, Template>> ParseHeaders(ParseContext& context, const YamlNode& node,
                                                           RequestKind kind);
TlsSpec ParseTls(ParseContext& context, const YamlNode& node);
// "none" stays as it is: it overrides the target's.
Template ParseProxy(ParseContext& context, const YamlNode& node);
// All of `auth:`, with `from` followed and in the order written.
std::vector<Credential> ParseCredentials(ParseContext& context, const YamlNode& node);
HttpRequest ParseHttp(ParseContext& context, const YamlNode& node);
ConnectStep ParseConnect(ParseContext& context, const YamlNode& node);
ReconnectStep ParseReconnect(ParseContext& context, const YamlNode& node);

}  // namespace wsfleet
