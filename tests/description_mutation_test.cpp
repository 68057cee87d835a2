// Damaged descriptions: whatever the text, the outcome is a description or one located line.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/mutations.hpp"
#include "support/toy_description.hpp"

namespace hwcost {
namespace {

const std::string kFile = "toy.info";

void expect_description_or_located_error(const std::string& text) {
  const std::string message = toy::message_of(text);
  if (message == "no error") return;
  EXPECT_TRUE(testing::is_located_line(message, kFile)) << message;
  EXPECT_LT(message.size(), 600U) << message;
}

TEST(DamagedDescription, CutAnywhereIsToldOrRead) {
  for (std::size_t length = 0; length <= toy::kText.size(); ++length) {
    expect_description_or_located_error(std::string(toy::kText.substr(0, length)));
  }
}

TEST(DamagedDescription, WithoutAnyOneCharacterIsToldOrRead) {
  for (std::size_t at = 0; at < toy::kText.size(); ++at) {
    expect_description_or_located_error(std::string(toy::kText).erase(at, 1));
  }
}

TEST(DamagedDescription, WithAnyByteAnywhereIsToldOrRead) {
  for (std::size_t at = 0; at < toy::kText.size(); at += 3) {
    for (const char byte : std::string_view("\0\1\n\r\"#;{}\\ -9\x7f\x80\xc3\xff", 17)) {
      std::string text(toy::kText);
      text[at] = byte;
      expect_description_or_located_error(text);
    }
  }
}

TEST(DamagedDescription, ManyTimesMutatedIsToldOrRead) {
  // Pieces that mean something to the reader, put where they do not belong.
  const std::vector<std::string> pieces{"{",
                                        "}",
                                        "\"",
                                        "\\",
                                        "\n",
                                        ";",
                                        "#include \"x\"",
                                        "name",
                                        "backend",
                                        "inherit",
                                        "source",
                                        "parameter",
                                        "kind",
                                        "1e999 MHz",
                                        "\\0",
                                        "\\x",
                                        "\" \\\n",
                                        "\"\"",
                                        "-1",
                                        "nan",
                                        "byte/cycle",
                                        "\xff",
                                        "\xef\xbb\xbf",
                                        "inherit toy",
                                        "unmodelled free",
                                        "w64a64",
                                        std::string(300, 'y')};
  testing::Mutations mutations(std::string(toy::kText), pieces, 20240531);
  for (int round = 0; round < 4000; ++round) expect_description_or_located_error(mutations.next());
}

TEST(DamagedDescription, RandomBytesAreToldOrRead) {
  testing::Mutations mutations("", {}, 7);
  for (int round = 0; round < 1000; ++round) {
    expect_description_or_located_error(mutations.noise(200));
    expect_description_or_located_error(mutations.noise(200, "{}\"\\;#\n ab1."));
  }
}

}  // namespace
}  // namespace hwcost
