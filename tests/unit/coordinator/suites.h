#pragma once

#include <string>

#include "core/scenario/parser.h"

namespace wsfleet::coordinator {

inline constexpr char kGoodSuite[] = R"(version: wsfleet/v1
name: gate
target: ws://127.0.0.1:1
regions: {include: [eu-west-1, "us-*"], require: 1}
deadline: 3m
scenarios:
  - name: health
    steps:
      - http: {get: /health, headers: {x-key: "${secret.JWT_KEY}"}, expect: {status: 200}}
)";

inline Bundle BundleOf(const std::string& text) { return {{{"gate.wsfleet.yaml", text}}, {"gate.wsfleet.yaml"}}; }

}  // namespace wsfleet::coordinator
