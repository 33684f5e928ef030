#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/scenario/fields.h"
#include "core/scenario/suite.h"

namespace wsfleet {

// Where a construct that this version does not run was found; shared by the parsers of one suite.
using Unsupported = std::vector<NotInThisVersion>;

TlsSpec ParseTls(ParseContext& context, const YamlNode& node, Unsupported& unsupported);
std::optional<Template> ParseProxy(ParseContext& context, const YamlNode& node, const SourceRange& key,
                                   Unsupported& unsupported);
// All of `auth:`, with `from` followed and in the order written.
std::vector<Credential> ParseCredentials(ParseContext& context, const YamlNode& node, Unsupported& unsupported);
HttpRequest ParseHttp(ParseContext& context, const YamlNode& node);
ConnectStep ParseConnect(ParseContext& context, const YamlNode& node, Unsupported& unsupported);
ReconnectStep ParseReconnect(ParseContext& context, const YamlNode& node);

}  // namespace wsfleet
