// wsfleet-coordinator: command line and files. `--help` has the flags.
//
// TLS is one of
//   --own-ca                              an authority in --state-dir/ca signs the agents' certificates, which they get
//                                         at --enrol-listen for a join token and renew themselves; and the listeners',
//                                         unless --tls-cert and --tls-key name one. `wsfleet-coordinator ca` rotates it
//   --tls-cert F --tls-key F --tls-ca F   the listeners show the certificate; agents must present one that the
//                                         authority signed and that names them; the files are followed when replaced
//   --dev-ca DIR                          an ephemeral authority in DIR (0700): ca.pem, server.pem, server.key,
//                                         agent.pem, agent.key, token. Agents present agent.pem, clients the token;
//                                         both trust ca.pem. The files stay good over restarts for 30 days.
//   --insecure-plaintext                  neither TLS nor certificates; loopback addresses only
// Clients present a token as "authorization: Bearer TOKEN": that of --client-token-file (with --dev-ca: of DIR/token),
// which is admin of every fleet, one that `wsfleet tokens create` made, or one of an issuer in the file of --oidc.
// Without either flag, clients on loopback need none.
//
// --ready-file FILE is written, at once as a whole, when the listeners serve:
//   {"agent":"127.0.0.1:7420","client":"127.0.0.1:7421","pid":4711}
// and "enrol" or "http", if it listens there. The same addresses are logged. Beside a store FILE lie FILE-wal, FILE-shm
// and FILE.lock, and in --state-dir secrets.key (0600), without which secrets of open runs are lost.
//
// SIGTERM and SIGINT end streams and calls, finish the commit that is under way, and exit with 0. Other exit codes: 2
// usage, 1 anything else, with the reason on stderr. One of these is a disk that could not make a write durable: the
// process ends at once, and the next one goes on from what the disk has.

#include "coordinator/open_store.h"
#include "coordinator/options.h"
#include "coordinator/process.h"

int main(int argc, char** argv) {
  const auto parsed = wsfleet::coordinator::ParseCommandLine(argc, argv);
  if (parsed.exit_now) return parsed.exit_code;
  return wsfleet::coordinator::RunProcess(parsed.options, wsfleet::coordinator::OpenStore);
}
