#include "worker/providers/exported_symbols.hpp"

#include <elf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

namespace reelspool {
namespace {

/// A table of T somewhere in the file, copied out since nothing in a file need be aligned. Nothing if it lies outside.
template <class T>
std::optional<std::vector<T>> table(std::string_view file, std::uint64_t offset, std::uint64_t size_bytes) {
  if (offset > file.size() || size_bytes > file.size() - offset) return {};
  std::vector<T> entries(size_bytes / sizeof(T));
  std::memcpy(entries.data(), file.data() + offset, entries.size() * sizeof(T));
  return entries;
}

std::optional<std::vector<Elf64_Shdr>> sections_of(std::string_view file) {
  const auto head = table<Elf64_Ehdr>(file, 0, sizeof(Elf64_Ehdr));
  if (!head) return {};
  const Elf64_Ehdr& elf = head->front();
  constexpr int byte_order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
  if (std::memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 || elf.e_ident[EI_CLASS] != ELFCLASS64 ||
      elf.e_ident[EI_DATA] != byte_order || elf.e_type != ET_DYN || elf.e_shentsize != sizeof(Elf64_Shdr))
    return {};
  return table<Elf64_Shdr>(file, elf.e_shoff, std::uint64_t{elf.e_shnum} * sizeof(Elf64_Shdr));
}

bool is_offered(const Elf64_Sym& symbol) {
  const auto binding = ELF64_ST_BIND(symbol.st_info);
  const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && (binding == STB_GLOBAL || binding == STB_WEAK) &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

std::optional<std::vector<std::string>> names_in(std::string_view file) {
  const auto sections = sections_of(file);
  if (!sections) return {};
  std::vector<std::string> names;
  for (const Elf64_Shdr& section : *sections) {
    if (section.sh_type != SHT_DYNSYM) continue;
    if (section.sh_link >= sections->size()) return {};
    const Elf64_Shdr& text = (*sections)[section.sh_link];
    const auto strings = table<char>(file, text.sh_offset, text.sh_size);
    const auto symbols = table<Elf64_Sym>(file, section.sh_offset, section.sh_size);
    if (!strings || !symbols || strings->empty() || strings->back() != '\0') return {};
    for (const Elf64_Sym& symbol : *symbols) {
      if (symbol.st_name >= strings->size()) return {};
      if (is_offered(symbol)) names.emplace_back(strings->data() + symbol.st_name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Result<std::vector<std::string>> exported_symbols(const std::filesystem::path& library) {
  std::ifstream file(library, std::ios::binary);
  if (!file) return system_error("reading " + library.string(), errno);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  auto names = names_in(bytes);
  if (!names)
    return make_error(ErrorClass::invalid_request,
                      library.string() + " is no shared library for this machine (64-bit ELF)");
  return *std::move(names);
}

}  // namespace reelspool
