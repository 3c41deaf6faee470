#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "jobstore/file/file_job_store.hpp"
#include "jobstore/job_store.hpp"

namespace reelspool::bench {

/// A job as the benchmarks submit it, about 300 bytes.
std::string entry(std::string_view id);
/// The same body with another id.
std::string with_id(std::string_view body, std::string_view id);

enum class Filling {
  half_claimable,  ///< every other job waits for a worker, the rest for its time
  waiting,         ///< all wait for a time that does not come: an idle worker finds nothing to do
};
/// Puts `jobs` jobs into the store in `data`, with ids `front`0, `front`1 ... None has ended, so retention leaves all of
/// them. Written as the files of front ends are taken in, and left as a killed process leaves it: the journal is all
/// there is.
void fill(const std::filesystem::path& data, std::size_t jobs, Filling filling = Filling::half_claimable,
          const std::string& front = "stored-");

std::unique_ptr<FileJobStore> open_client(const std::filesystem::path& data);
/// Without the window.
std::unique_ptr<FileJobStore> open_worker(const std::filesystem::path& data, const std::string& name);

/// Claims one job; there must be one.
Claim claim_one(JobStore& store);

}  // namespace reelspool::bench
