#include "core/scenario/references.h"

namespace wsfleet {
namespace {

void VisitAll(const std::vector<std::pair<std::string, Template>>& entries, const TemplateVisitor& visit) {
  for (const auto& [key, text] : entries) visit(text, true);
}

void VisitAll(const std::vector<std::pair<std::string, Predicate>>& entries, const TemplateVisitor& visit) {
  for (const auto& [key, predicate] : entries) VisitTemplates(predicate, visit);
}

void Visit(const HttpExpect& expect, const TemplateVisitor& visit) {
  if (expect.status) VisitTemplates(*expect.status, visit);
  VisitAll(expect.headers, visit);
  if (expect.json) VisitTemplates(*expect.json, visit);
  if (expect.text) VisitTemplates(*expect.text, visit);
}

void Visit(const Message& message, const TemplateVisitor& visit) {
  VisitTemplates(message.match, visit);
  if (message.assertion) VisitTemplates(*message.assertion, visit);
}

void Visit(const ConnectStep& step, const TemplateVisitor& visit) {
  visit(step.connection.url, true);
  visit(step.connection.auth, false);
  VisitAll(step.connection.headers, visit);
  VisitAll(step.connection.query, visit);
  for (const Template& name : step.connection.subprotocols) visit(name, true);
  VisitTemplates(step.connection.tls, visit);
  if (step.connection.proxy) visit(*step.connection.proxy, true);
  if (step.connection.sequence && step.connection.sequence->match) {
    VisitTemplates(*step.connection.sequence->match, visit);
  }
  if (step.expect) {
    VisitAll(step.expect->headers, visit);
    if (step.expect->subprotocol) VisitTemplates(*step.expect->subprotocol, visit);
    VisitAll(step.expect->tls, visit);
  }
  for (const Refusal& refusal : step.refused) {
    Visit(refusal.answer, visit);
    if (refusal.close) VisitTemplates(*refusal.close, visit);
    if (refusal.reason) VisitTemplates(*refusal.reason, visit);
  }
}

void Visit(const ReconnectStep& step, const TemplateVisitor& visit) {
  VisitAll(step.headers, visit);
  VisitAll(step.query, visit);
}
void Visit(const SendStep& step, const TemplateVisitor& visit) {
  VisitTemplates(step.json, true, visit);
  visit(step.text, true);
}
void Visit(const ExpectStep& step, const TemplateVisitor& visit) { Visit(step.message, visit); }
void Visit(const ExpectManyStep& step, const TemplateVisitor& visit) {
  for (const Message& message : step.messages) Visit(message, visit);
}
void Visit(const ExpectNoneStep& step, const TemplateVisitor& visit) { VisitTemplates(step.match, visit); }
void Visit(const ExpectCloseStep& step, const TemplateVisitor& visit) {
  if (step.code) VisitTemplates(*step.code, visit);
  if (step.reason) VisitTemplates(*step.reason, visit);
}
void Visit(const CloseStep& step, const TemplateVisitor& visit) { visit(step.reason, false); }
void Visit(const HttpRequest& http, const TemplateVisitor& visit) { VisitTemplates(http, visit); }
void Visit(const PingStep&, const TemplateVisitor&) {}
void Visit(const DropStep&, const TemplateVisitor&) {}
void Visit(const WaitStep&, const TemplateVisitor&) {}
void Visit(const RepeatStep&, const TemplateVisitor&) {}

}  // namespace

void VisitTemplates(const TemplateValue& value, bool secrets_allowed, const TemplateVisitor& visit) {
  if (const auto* text = std::get_if<Template>(&value.value)) {
    visit(*text, secrets_allowed);
  } else if (const auto* array = std::get_if<TemplateValue::Array>(&value.value)) {
    for (const TemplateValue& element : *array) VisitTemplates(element, secrets_allowed, visit);
  } else if (const auto* object = std::get_if<TemplateValue::Object>(&value.value)) {
    for (const auto& [key, member] : *object) VisitTemplates(member, secrets_allowed, visit);
  }
}

void VisitTemplates(const Predicate& predicate, const TemplateVisitor& visit) {
  for (const Predicate::Test& test : predicate.tests) {
    VisitTemplates(test.operand, false, visit);
    if (test.nested) VisitTemplates(*test.nested, visit);
  }
}

void VisitTemplates(const Selector& selector, const TemplateVisitor& visit) {
  for (const Selector::Entry& entry : selector.entries) VisitTemplates(entry.predicate, visit);
}

void VisitTemplates(const HttpRequest& http, const TemplateVisitor& visit) {
  visit(http.url, true);
  visit(http.auth, false);
  VisitAll(http.headers, visit);
  if (http.json) VisitTemplates(*http.json, true, visit);
  if (http.text) visit(*http.text, true);
  if (http.expect) Visit(*http.expect, visit);
}

void VisitTemplates(const TlsSpec& tls, const TemplateVisitor& visit) {
  for (const auto* text : {&tls.ca, &tls.certificate, &tls.key, &tls.server_name}) {
    if (*text) visit(**text, true);
  }
}

void VisitTemplates(const Requirement& requirement, const TemplateVisitor& visit) {
  if (const auto* http = std::get_if<HttpRequirement>(&requirement.what)) VisitTemplates(http->request, visit);
  if (const auto* agent = std::get_if<AgentRequirement>(&requirement.what)) VisitAll(agent->labels, visit);
}

void VisitTemplates(const Credential& credential, const TemplateVisitor& visit) {
  visit(credential.token, true);
  visit(credential.key, true);
  visit(credential.key_id, true);
  for (const auto& [name, value] : credential.claims) VisitTemplates(value, true, visit);
}

void VisitTemplates(const Action& action, const TemplateVisitor& visit) {
  std::visit([&](const auto& step) { Visit(step, visit); }, action);
}

}  // namespace wsfleet
