// Tries kept inputs once each, with any compiler: replay FILE|FOLDER... What a fuzzer would report ends the program.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "tests/fuzz/invariant.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** arguments) {
  namespace fs = std::filesystem;
  std::vector<fs::path> inputs;
  for (int i = 1; i < count; ++i) {
    if (!fs::is_directory(arguments[i]))
      inputs.emplace_back(arguments[i]);
    else
      for (const auto& file : fs::directory_iterator(arguments[i])) inputs.push_back(file.path());
  }
  std::sort(inputs.begin(), inputs.end());
  for (const fs::path& input : inputs) {
    std::fprintf(stderr, "%s\n", input.filename().c_str());
    const std::string bytes = reelspool::fuzz::contents(input);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  std::printf("%zu inputs\n", inputs.size());
  return inputs.empty() ? 2 : 0;
}
