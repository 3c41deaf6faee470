#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "jobstore/result.hpp"

namespace reelspool {

/// The names that a shared library offers to whoever loads it: the defined global and weak ones of its dynamic symbol table,
/// sorted. Reads the file; loads and runs nothing. Source: elf(5).
/// Errors: invalid_request  it is no 64-bit ELF library of this byte order, or its tables lie outside the file
///         storage, transient  it cannot be read
Result<std::vector<std::string>> exported_symbols(const std::filesystem::path& library);

}  // namespace reelspool
