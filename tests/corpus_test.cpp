// What fuzzing has found, and the files that reach the most code: each is read, or refused in one line with its place.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "../fuzz/targets.hpp"

namespace hwcost {
namespace {

struct Target {
  std::string name;
  void (*read)(std::string_view bytes);
};

void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

class Corpus : public testing::TestWithParam<Target> {};

TEST_P(Corpus, IsReadOrRefusedInOneLineWithItsPlace) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(HWCOST_SOURCE_DIR "/tests/corpus/" + GetParam().name)) {
    SCOPED_TRACE(entry.path().filename().string());
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    ++files;
    try {
      GetParam().read(bytes.str());
    } catch (const InputError& error) {
      const std::string text = error.what();
      EXPECT_EQ(text.substr(0, 5), "fuzz.");
      EXPECT_NE(text.find("error: "), std::string::npos) << text;
      EXPECT_TRUE(std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; })) << text;
    }
  }
  EXPECT_GT(files, 0U);
}

INSTANTIATE_TEST_SUITE_P(Of, Corpus,
                         testing::Values(Target{"description", fuzz::description}, Target{"formula", fuzz::formula},
                                         Target{"json", fuzz::json}, Target{"price_table", fuzz::price_table},
                                         Target{"table", fuzz::table}, Target{"onnx", fuzz::onnx}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace hwcost
