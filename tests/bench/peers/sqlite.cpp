// A queue in SQLite as one writes it by hand: a table, an index, WAL; a claim and its end are a transaction each.
#include "tests/bench/peers/peer.hpp"

#ifdef BENCH_SQLITE
#include <sqlite3.h>

namespace reelspool::bench {
namespace {

class SqliteConnection final : public Session {
 public:
  SqliteConnection(const std::filesystem::path& file, bool full) {
    if (sqlite3_open(file.c_str(), &db_) != SQLITE_OK) give_up("SQLite cannot open its file");
    sqlite3_busy_timeout(db_, 60'000);
    execute("PRAGMA journal_mode=WAL");
    execute(full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    execute(
        "CREATE TABLE IF NOT EXISTS jobs(id INTEGER PRIMARY KEY, body TEXT, status INTEGER, message TEXT)");
    execute("CREATE INDEX IF NOT EXISTS by_status ON jobs(status, id)");
    insert_ = prepare("INSERT INTO jobs(body, status) VALUES(?, 0)");
    claim_ = prepare(
        "UPDATE jobs SET status = 1 WHERE id = (SELECT id FROM jobs WHERE status = 0 ORDER BY id LIMIT 1) "
        "RETURNING id");
    finish_ = prepare("UPDATE jobs SET status = 2 WHERE id = ?");
    progress_ = prepare("UPDATE jobs SET message = ? WHERE id = 1");
  }
  ~SqliteConnection() override {
    for (sqlite3_stmt* one : {insert_, claim_, finish_, progress_}) sqlite3_finalize(one);
    sqlite3_close(db_);
  }

  void submit(const std::string& body) override {
    sqlite3_bind_text(insert_, 1, body.c_str(), -1, SQLITE_TRANSIENT);
    step(insert_);
  }
  bool claim_and_finish() override {
    // SQLITE_BUSY_SNAPSHOT cannot come: the statement begins with the write.
    sqlite3_int64 id = 0;
    int answer = 0;
    while ((answer = sqlite3_step(claim_)) == SQLITE_ROW) id = sqlite3_column_int64(claim_, 0);
    sqlite3_reset(claim_);
    if (answer != SQLITE_DONE) give_up(std::string("SQLite: ") + sqlite3_errmsg(db_));
    if (id == 0) return false;
    sqlite3_bind_int64(finish_, 1, id);
    step(finish_);
    return true;
  }
  void progress(int frame) override {
    const std::string message = "frame " + std::to_string(frame);
    sqlite3_bind_text(progress_, 1, message.c_str(), -1, SQLITE_TRANSIENT);
    step(progress_);
  }
  void execute(const char* statement) {
    if (sqlite3_exec(db_, statement, nullptr, nullptr, nullptr) != SQLITE_OK)
      give_up(std::string("SQLite: ") + sqlite3_errmsg(db_));
  }

 private:
  sqlite3_stmt* prepare(const char* text) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db_, text, -1, &statement, nullptr) != SQLITE_OK)
      give_up(std::string("SQLite: ") + sqlite3_errmsg(db_));
    return statement;
  }
  void step(sqlite3_stmt* statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) give_up(std::string("SQLite: ") + sqlite3_errmsg(db_));
    sqlite3_reset(statement);
  }
  sqlite3* db_ = nullptr;
  sqlite3_stmt *insert_ = nullptr, *claim_ = nullptr, *finish_ = nullptr, *progress_ = nullptr;
};

class Sqlite final : public SessionPeer {
 public:
  Sqlite(std::filesystem::path file, bool full) : file_(std::move(file)), full_(full) {}
  std::string name() const override { return full_ ? "SQLite, WAL, FULL" : "SQLite, WAL, NORMAL"; }
  std::unique_ptr<Session> connect() override { return std::make_unique<SqliteConnection>(file_, full_); }
  bool survives_power_loss() const override { return full_; }
  void fill(std::size_t jobs, const std::string& body) override {
    SqliteConnection connection(file_, full_);
    connection.execute("BEGIN");
    for (std::size_t i = 0; i < jobs; ++i) connection.submit(body);
    connection.execute("COMMIT");
  }

 private:
  const std::filesystem::path file_;
  const bool full_;
};

}  // namespace

Offer offer_sqlite(const std::filesystem::path& folder, bool full) {
  return {std::make_unique<Sqlite>(folder / (full ? "full.db" : "normal.db"), full), ""};
}

}  // namespace reelspool::bench
#else
namespace reelspool::bench {
Offer offer_sqlite(const std::filesystem::path&, bool) {
  return {nullptr, "SQLite: libsqlite3-dev is not installed"};
}
}  // namespace reelspool::bench
#endif
