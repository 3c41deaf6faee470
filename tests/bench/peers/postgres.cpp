// PostgreSQL with FOR UPDATE SKIP LOCKED, in a cluster of its own behind a Unix socket, fsync and synchronous_commit on.
#include "tests/bench/peers/peer.hpp"

#ifdef BENCH_POSTGRES
#include <libpq-fe.h>
#include <unistd.h>

namespace reelspool::bench {
namespace {

class PostgresConnection final : public Session {
 public:
  explicit PostgresConnection(const std::string& where) : connection_(PQconnectdb(where.c_str())) {
    if (!is_good()) return;
    prepare("submit", "INSERT INTO jobs(body, status) VALUES($1, 0)");
    prepare("claim",
            "UPDATE jobs SET status = 1 WHERE id = (SELECT id FROM jobs WHERE status = 0 ORDER BY id LIMIT 1 "
            "FOR UPDATE SKIP LOCKED) RETURNING id");
    prepare("finish", "UPDATE jobs SET status = 2 WHERE id = $1");
    prepare("progress", "UPDATE jobs SET message = $1 WHERE id = 1");
  }
  ~PostgresConnection() override { PQfinish(connection_); }
  bool is_good() const { return PQstatus(connection_) == CONNECTION_OK; }

  void submit(const std::string& body) override { execute("submit", {body}); }
  bool claim_and_finish() override {
    const std::string id = execute("claim", {});
    if (id.empty()) return false;
    execute("finish", {id});
    return true;
  }
  void progress(int frame) override { execute("progress", {"frame " + std::to_string(frame)}); }
  void run(const char* statement) { check(PQexec(connection_, statement)); }

 private:
  void prepare(const char* name, const char* text) {
    PGresult* const answer = PQprepare(connection_, name, text, 0, nullptr);
    PQclear(answer);  // an error (no table yet) shows at the first use
  }
  /// The first column of the first row, if there is one.
  std::string execute(const char* name, const std::vector<std::string>& values) {
    std::vector<const char*> texts;
    for (const std::string& value : values) texts.push_back(value.c_str());
    return check(
        PQexecPrepared(connection_, name, static_cast<int>(texts.size()), texts.data(), nullptr, nullptr, 0));
  }
  std::string check(PGresult* answer) {
    const ExecStatusType status = PQresultStatus(answer);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
      give_up(std::string("PostgreSQL: ") + PQerrorMessage(connection_));
    std::string value = PQntuples(answer) > 0 ? PQgetvalue(answer, 0, 0) : "";
    PQclear(answer);
    return value;
  }
  PGconn* connection_;
};

std::filesystem::path programs() {
  std::error_code ignored;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored))
    if (std::filesystem::exists(version.path() / "bin" / "postgres")) return version.path() / "bin";
  return {};
}

class Postgres final : public SessionPeer {
 public:
  Postgres(const std::filesystem::path& bin, const std::filesystem::path& folder)
      : where_("host=" + folder.string() + " user=postgres dbname=postgres"),
        server_({bin / "postgres", "-D", folder / "cluster", "-k", folder, "-c", "listen_addresses=", "-c",
                 "fsync=on", "-c", "synchronous_commit=on"},
                "postgres") {
    server_.wait_until([&] { return PostgresConnection(where_).is_good(); });
    PostgresConnection connection(where_);
    connection.run("CREATE TABLE jobs(id bigserial PRIMARY KEY, body text, status int, message text)");
    connection.run("CREATE INDEX by_status ON jobs(status, id)");
  }
  std::string name() const override { return "PostgreSQL, SKIP LOCKED"; }
  std::unique_ptr<Session> connect() override { return std::make_unique<PostgresConnection>(where_); }
  bool survives_power_loss() const override { return true; }
  void fill(std::size_t jobs, const std::string& body) override {
    PostgresConnection connection(where_);
    connection.run("BEGIN");
    for (std::size_t i = 0; i < jobs; ++i) connection.submit(body);
    connection.run("COMMIT");
    connection.run("ANALYZE jobs");
  }

 private:
  const std::string where_;
  Server server_;
};

}  // namespace

Offer offer_postgres(const std::filesystem::path& folder) {
  const std::filesystem::path bin = programs();
  if (bin.empty()) return {nullptr, "PostgreSQL: the package postgresql is not installed"};
  // It refuses to run as root, and its user must reach the folder.
  std::filesystem::permissions(folder, std::filesystem::perms(0755));
  if (geteuid() == 0 && !run({"chown", "postgres", folder}))
    return {nullptr, "PostgreSQL: there is no user postgres"};
  if (!run({bin / "initdb", "-D", folder / "cluster", "-U", "postgres", "-A", "trust"}, "postgres"))
    return {nullptr, "PostgreSQL: initdb failed in " + folder.string() + " (may its user go there?)"};
  return {std::make_unique<Postgres>(bin, folder), ""};
}

}  // namespace reelspool::bench
#else
namespace reelspool::bench {
Offer offer_postgres(const std::filesystem::path&) {
  return {nullptr, "PostgreSQL: libpq-dev is not installed"};
}
}  // namespace reelspool::bench
#endif
