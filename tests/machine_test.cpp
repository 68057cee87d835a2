#include "hwcost/machine.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "support/temporary_folder.hpp"

namespace hwcost {
namespace {

// Prices nothing; what matters here is how it is selected.
class FakeBackend final : public Backend {
 public:
  [[nodiscard]] const BackendTraits& traits() const override { return traits_; }
  [[nodiscard]] Expected<Estimate, Unsupported> estimate(const Layer&) const override {
    return tl::unexpected(Unsupported{"a fake", Unsupported::Cause::unmodelled});
  }
  void estimate_batch(const LayerColumns&, const CostColumns&) const override {}
  [[nodiscard]] Expected<CostGradient, Unsupported> gradient(const Layer&, GradientMode) const override {
    return tl::unexpected(Unsupported{"a fake", Unsupported::Cause::unmodelled});
  }

 private:
  BackendTraits traits_;
};

BackendEntry fake_entry(const std::string& name) {
  return {name, "a fake", [](const Description&) { return std::make_unique<const FakeBackend>(); }};
}

class Machines : public testing::Test {
 protected:
  Machines() {
    registry_.add(fake_entry("fake"));
    registry_.add(fake_entry("other"));
  }

  std::string in_folder(std::string text) const {
    for (std::size_t at = 0; (at = text.find('$')) != std::string::npos;) text.replace(at, 1, folder_.path().string());
    return text;
  }

  Machine load(const std::string& name) const { return load_machine(name, {folder_.path()}, registry_); }

  std::string message_of(const std::string& name) const {
    try {
      (void)load(name);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  void write(const std::string& name, const std::string& text) const {
    folder_.write(name + ".info", "name " + name + "\n" + text);
  }

  TemporaryFolder folder_;
  Registry registry_;
};

TEST_F(Machines, DescriptionSelectsTheBackend) {
  write("plain", "backend fake\n");
  const Machine machine = load("plain");
  EXPECT_TRUE(machine.backend);
  EXPECT_FALSE(machine.fallback);
  EXPECT_EQ(machine.description.name(), "plain");
}

TEST_F(Machines, UnknownBackendIsToldAtItsLine) {
  write("plain", "\nbackend fakt\n");
  EXPECT_EQ(message_of("plain"), in_folder("$/plain.info:3: error: no backend 'fakt'; did you mean 'fake'?"));
  write("far", "backend quantum\n");
  EXPECT_EQ(message_of("far"), in_folder("$/far.info:2: error: no backend 'quantum'; known: fake, other"));
}

TEST_F(Machines, FallbacksToPathsOfOtherFilesAreNotOpened) {
  folder_.write("x.info", "name x\nbackend fake\nunmodelled \"fallback /etc/passwd\"\n");
  try {
    static_cast<void>(load("x"));
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()),
              in_folder("$/x.info:3: error: the path '/etc/passwd' does not end in '.info'"));
  }
}

TEST_F(Machines, FallbacksAreLoadedInAChain) {
  write("first", "backend fake\nunmodelled \"fallback second\"\n");
  write("second", "backend fake\nunmodelled \"fallback third\"\n");
  write("third", "backend other\nunmodelled free\n");
  const Machine machine = load("first");
  ASSERT_TRUE(machine.fallback);
  ASSERT_TRUE(machine.fallback->fallback);
  EXPECT_EQ(machine.fallback->fallback->description.name(), "third");
  EXPECT_FALSE(machine.fallback->fallback->fallback);
}

TEST_F(Machines, MissingFallbackIsToldAtTheLineThatNamesIt) {
  write("first", "backend fake\nunmodelled \"fallback secnd\"\n");
  write("second", "backend fake\n");
  EXPECT_EQ(message_of("first"),
            in_folder("$/first.info:3: error: no description 'secnd' in $; did you mean 'second'?"));
}

TEST_F(Machines, InheritedFallbackIsLookedUpBesideTheFileThatNamesIt) {
  folder_.write("sub/base.info", "name base\nbackend fake\nunmodelled \"fallback rest\"\n");
  folder_.write("sub/rest.info", "name rest\nbackend other\n");
  write("child", "inherit sub/base.info\n");
  EXPECT_EQ(load("child").fallback->description.name(), "rest");
}

TEST_F(Machines, FallbacksInACircleAreAnError) {
  write("first", "backend fake\nunmodelled \"fallback second\"\n");
  write("second", "backend fake\n\nunmodelled \"fallback first\"\n");
  EXPECT_EQ(message_of("first"),
            in_folder("$/second.info:4: error: machines fall back to each other in a circle: 'second' to 'first'"));
  write("self", "backend fake\nunmodelled \"fallback self\"\n");
  EXPECT_EQ(message_of("self"),
            in_folder("$/self.info:3: error: machines fall back to each other in a circle: 'self' to 'self'"));
}

TEST_F(Machines, NameOfABackendIsGivenOnce) {
  try {
    registry_.add(fake_entry("fake"));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "error: a backend 'fake' is already there");
  }
}

TEST_F(Machines, BackendsAreListedByName) {
  registry_.add(fake_entry("abacus"));
  std::vector<std::string> names;
  for (const BackendEntry* entry : registry_.entries()) names.push_back(entry->name);
  EXPECT_EQ(names, (std::vector<std::string>{"abacus", "fake", "other"}));
}

std::string message_of_description(const std::string& text) {
  try {
    const SearchPath shipped{HWCOST_SOURCE_DIR "/hw_descriptions"};
    (void)make_machine(Description::from_text(text, "x.info", shipped), shipped, builtin_registry());
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(MachineFaults, APowerWithoutAClockIsAnErrorAtThePower) {
  std::string cluster = text_of(HWCOST_SOURCE_DIR "/tests/golden/round-cluster.info");
  const std::size_t name = cluster.find("round-cluster");
  cluster.replace(name, 13, "x");
  EXPECT_EQ(message_of_description(cluster), "no error");
  const std::size_t clock = cluster.find("  clock ");
  const std::string without = cluster.substr(0, clock) + cluster.substr(cluster.find('\n', clock));
  const std::string message = message_of_description(without);
  EXPECT_NE(message.find("error: 'power' gives no energy without 'clock': wanted both or neither"), std::string::npos)
      << message;
  EXPECT_EQ(message.substr(0, 9), "x.info:20");
}

TEST(MachineFaults, SizesOfAnArrayAndSwitchesAreWholeNumbers) {
  const auto with = [](const std::string& parameter) {
    return message_of_description("name x\ninherit ne16-job\nparameter\n{\n  " + parameter +
                                  " { source \"made up\" kind guessed }\n}\n");
  };
  EXPECT_EQ(with("array.out_tile \"2.5\""), "x.info:5: error: 'array.out_tile' is '2.5', wanted a whole number");
  EXPECT_EQ(with("linear.is_exact \"0.5\""), "x.info:5: error: 'linear.is_exact' is '0.5', wanted a whole number");
  EXPECT_EQ(with("weight_bits.least \"2.5 bit\""),
            "x.info:5: error: 'weight_bits.least' is '2.5 bit', wanted a whole number");
  EXPECT_EQ(with("job.start \"2.5 cycle\""), "no error") << "times need not be";
}

}  // namespace
}  // namespace hwcost
