#pragma once

#include <functional>

#include "core/scenario/suite.h"

// Every template of a construct, so that what it refers to can be checked and listed. `secrets_allowed` says whether
// ${secret.X} may stand there.
namespace wsfleet {

using TemplateVisitor = std::function<void(const Template& text, bool secrets_allowed)>;

void VisitTemplates(const TemplateValue& value, bool secrets_allowed, const TemplateVisitor& visit);
void VisitTemplates(const Predicate& predicate, const TemplateVisitor& visit);
void VisitTemplates(const Selector& selector, const TemplateVisitor& visit);
void VisitTemplates(const HttpRequest& http, const TemplateVisitor& visit);
void VisitTemplates(const TlsSpec& tls, const TemplateVisitor& visit);
void VisitTemplates(const Requirement& requirement, const TemplateVisitor& visit);
void VisitTemplates(const Credential& credential, const TemplateVisitor& visit);
// Without what it checks of its inner steps: those of a repeat are visited by its owner.
void VisitTemplates(const Action& action, const TemplateVisitor& visit);

}  // namespace wsfleet
