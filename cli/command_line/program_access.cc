#include "cli/command_line/explain.h"
#include "cli/command_line/program.h"

// Who may do what, and who may be an agent.
namespace wsfleet::cli {

void Program::AddFleetPolicy(CLI::App& fleet) {
  CLI::App* policy =
      AddCommand(fleet, "policy", "Which targets the fleet may connect to, and how much it may do", nullptr);
  const auto get = [this] { return FleetPolicyGetCommand(invocation_); };
  // Alone it shows it; a command below it has come before.
  policy->callback([this, get] {
    if (!action_) action_ = get;
  });
  AddCommand(*policy, "get", "Print the policy, as set takes it", get);
  CLI::App* set = AddCommand(*policy, "set", "Make the policy what a file says; shows the difference first",
                             [this] { return FleetPolicySetCommand(invocation_, file_, dry_run_); });
  set->add_option("-f,--file", file_, "File of the policy; - is stdin")->required();
  set->add_flag("--dry-run", dry_run_, "Only show the difference");
}

void Program::AddAccess() {
  CLI::App* tokens = AddCommand(app_, "tokens", "Who may do what in the fleet", nullptr);
  tokens->require_subcommand(1);
  CLI::App* create = AddCommand(*tokens, "create", "Make a token and print it; it is shown this once",
                                [this] { return TokensCreateCommand(invocation_, token_); });
  create->add_option("name", token_.name, "Name for people: 1 to 128 letters, digits, '.', '_' or '-'")->required();
  OneOf(*create->add_option("--role", token_.role, "viewer, runner, operator or admin")->required(),
        {"viewer", "runner", "operator", "admin"});
  create->add_option("--ttl", token_.ttl, "How long it is good, such as 12h or 90d; 366d at most")->default_str("90d");
  AddCommand(*tokens, "list", "All tokens of the fleet", [this] { return TokensListCommand(invocation_); });
  AddCommand(*tokens, "revoke", "Refuse a token from now on",
             [this] { return TokensRevokeCommand(invocation_, token_.name); })
      ->add_option("token", token_.name, "Id or name")
      ->required();
  CLI::App* audit = AddCommand(app_, "audit", "Who changed what in the fleet, and who was not let; newest first",
                               [this] { return AuditCommand(invocation_, audit_); });
  audit->add_option("--since", audit_.since, "24h, 7d, or a time such as 2026-11-26T08:30:00Z");
  NumberIn(*audit->add_option("--limit", audit_.limit, "At most so many")->default_str("100"), 1, 1'000'000);
  audit->add_flag("--all-fleets", audit_.all_fleets, "Of every fleet, for who is admin of every one");
  AddCommand(app_, "login",
             "Check a token (--token-file, WSFLEET_TOKEN or stdin) and keep it, with --coordinator, --ca and --fleet, "
             "as a context",
             [this] { return LoginCommand(invocation_, context_); })
      ->add_option("name", context_, "Name of the context (default: the coordinator's host)");
}

void Program::AddAgentIdentities(CLI::App& agents) {
  CLI::App* tokens = AddCommand(agents, "join-token", "What lets a process enrol as an agent", nullptr);
  tokens->require_subcommand(1);
  CLI::App* create = AddCommand(*tokens, "create", "A token for agents of one region; it is printed once, here",
                                [this] { return JoinTokenCreateCommand(invocation_, join_token_); });
  create->add_option("--region", join_token_.region, "Region of the agents")->required();
  create->add_option("--pool", join_token_.pool, "What these agents are called together (default: as the region)");
  NumberIn(*create->add_option("--uses", join_token_.uses, "How many agents it lets in")->default_str("1"), 1, 10'000);
  create->add_option("--ttl", join_token_.ttl, "How long it may be used, 1m to 90d")->default_str("1h");
  AddCommand(*tokens, "list", "All join tokens, without what is secret of them",
             [this] { return JoinTokenListCommand(invocation_); });
  AddCommand(*tokens, "revoke", "Nobody enrols with it any more; agents that it let in stay",
             [this] { return JoinTokenRevokeCommand(invocation_, token_id_); })
      ->add_option("token", token_id_, "Id of the token, as in the list")
      ->required();
  CLI::App* revoke = AddCommand(agents, "revoke", "End sessions of agents and let them in no more, until --undo",
                                [this] { return AgentsRevokeCommand(invocation_, revoke_); });
  revoke->add_option("agents", revoke_.agents, "Ids of agents that were enrolled, POOL.INSTANCE");
  revoke->add_option("--pool", revoke_.pools, "All agents of this pool, now and later; repeatable")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  revoke->add_option("--reason", revoke_.reason, "Shown to whoever asks, and to the agent");
  revoke->add_flag("--undo", revoke_.undo, "Let them in again");
  AddCommand(agents, "revoked", "Agents and pools that are not let in",
             [this] { return AgentsRevokedCommand(invocation_); });
}

}  // namespace wsfleet::cli
