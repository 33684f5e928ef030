#pragma once

#include <memory>
#include <string>

#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::testing {

// A real PostgreSQL server on a private socket in a directory of its own; no TCP. As root it runs as `postgres`, since
// it refuses root.
class PostgresServer {
 public:
  // Throws if there is none, or it does not serve.
  PostgresServer();
  // A standby of another: from now on, no commit of that one is answered before it is here, too.
  explicit PostgresServer(const PostgresServer& primary);
  PostgresServer& operator=(const PostgresServer&) = delete;
  // Fast, as an administrator would.
  ~PostgresServer();

  // The one that tests share; ends with the program.
  static PostgresServer& Shared();

  // Of an empty database with this name, which is made.
  std::string CreateDatabase(const std::string& name);
  // One statement, in that database.
  void Execute(const std::string& url, const std::string& sql) const;
  // Of a database on whichever of the two serves as primary.
  static std::string FailoverUrl(const PostgresServer& one, const PostgresServer& other, const std::string& database);

  void Promote();                 // of a standby: it takes commits from now on
  void Kill();                    // SIGKILL to all of it
  void Start();                   // again after Kill()
  void Signal(int number) const;  // to all of it

 private:
  std::string SocketUrl(const std::string& database) const;
  void GiveDirectoryToServer() const;

  TemporaryDirectory directory_;
  std::unique_ptr<ChildProcess> server_;
};

// A database of its own on the shared server.
class PostgresDatabase {
 public:
  PostgresDatabase();
  const std::string& url() const { return url_; }
  void Execute(const std::string& sql) const { PostgresServer::Shared().Execute(url_, sql); }

 private:
  std::string url_;
};

}  // namespace wsfleet::testing
