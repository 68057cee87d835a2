// Descriptions as files: found by name or path, inheriting from one another, shipped with the library.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <string>

#include "hwcost/description.hpp"
#include "hwcost/file_ending.hpp"
#include "hwcost/registry.hpp"
#include "support/temporary_folder.hpp"

namespace hwcost {
namespace {

const std::string kShipped = HWCOST_SOURCE_DIR "/hw_descriptions";

// A folder of descriptions; `$` in an expected message stands for its path.
class DescriptionFiles : public testing::Test {
 protected:
  std::string in_folder(std::string text) const {
    for (std::size_t at = 0; (at = text.find('$')) != std::string::npos;) text.replace(at, 1, folder_.path().string());
    return text;
  }

  std::string message_of(const std::string& name_or_path) const {
    try {
      (void)Description::load(name_or_path, {folder_.path()});
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  [[nodiscard]] Description load(const std::string& name) const { return Description::load(name, {folder_.path()}); }

  void write(const std::string& name, const std::string& text) const {
    folder_.write(name + ".info", "name " + std::filesystem::path(name).filename().string() + "\n" + text);
  }

  TemporaryFolder folder_;
};

constexpr const char* kBase =
    "backend b\n"
    "summary base\n"
    "default_bits w8a8\n"
    "parameter {\n"
    "  rows 1 { source base kind tool }\n"
    "  columns 2 { source base kind tool }\n"
    "}\n";

TEST(FileEnding, IsTheSameInWhateverCase) {
  for (const char* file : {"layers.csv", "LAYERS.CSV", "../old.d/layers.v2.Csv", ".csv"})
    EXPECT_EQ(file_ending(file), ".csv") << file;
  for (const char* file : {"", "csv", "folder.csv/layers", "layers."}) EXPECT_NE(file_ending(file), ".csv") << file;
}

TEST_F(DescriptionFiles, PathIsToldByItsEndingInWhateverCase) {
  EXPECT_EQ(message_of("nowhere.INFO"), "error: no file 'nowhere.INFO'");
}

TEST_F(DescriptionFiles, NameIsLookedUpInOrderOfTheSearchPath) {
  folder_.write("first/x.info", "name x\nbackend one\n");
  folder_.write("second/x.info", "name x\nbackend two\n");
  const SearchPath search{folder_.path() / "nowhere", folder_.path() / "first", folder_.path() / "second"};
  EXPECT_EQ(Description::load("x", search).backend(), "one");
  EXPECT_EQ(Description::load("x", search).file(), in_folder("$/first/x.info"));
}

TEST_F(DescriptionFiles, PathNeedsNoSearchPath) {
  write("x", "backend b\n");
  EXPECT_EQ(Description::load(in_folder("$/x.info"), {}).name(), "x");
}

TEST_F(DescriptionFiles, UnknownNameIsToldWithTheNearestOne) {
  write("machine", "backend b\n");
  EXPECT_EQ(message_of("machin"), in_folder("error: no description 'machin' in $; did you mean 'machine'?"));
  EXPECT_EQ(message_of("./no/such.info"), "error: no file './no/such.info'");
}

TEST_F(DescriptionFiles, ANameThatIsThereButCannotBeReadIsNotSuggested) {
  std::filesystem::create_symlink("nowhere", folder_.path() / "machine.info");
  EXPECT_EQ(message_of("machine"), in_folder("error: no description 'machine' in $; known: machine"));
}

// Errors in a description quote it.
TEST_F(DescriptionFiles, InheritedPathsOfOtherFilesAreNotOpened) {
  folder_.write("secret.txt", "password 12345\n");
  write("x", "inherit ./secret.txt\n");
  EXPECT_EQ(message_of("x"), in_folder("$/x.info:2: error: the path './secret.txt' does not end in '.info'"));
  write("y", "inherit /etc/passwd\n");
  EXPECT_EQ(message_of("y"), in_folder("$/y.info:2: error: the path '/etc/passwd' does not end in '.info'"));
}

TEST_F(DescriptionFiles, NameMustBeThatOfTheFile) {
  folder_.write("x.info", "\nname y\nbackend b\n");
  EXPECT_EQ(message_of("x"), in_folder("$/x.info:2: error: the name 'y' is not that of the file, 'x'"));
}

TEST_F(DescriptionFiles, OnlyRegularFilesAreRead) {
  std::filesystem::create_directory(folder_.path() / "folder.info");
  ASSERT_EQ(mkfifo((folder_.path() / "pipe.info").c_str(), 0600), 0);
  EXPECT_EQ(message_of("folder"), in_folder("$/folder.info: error: is a folder; the file of a description is wanted"));
  EXPECT_EQ(message_of("pipe"), in_folder("$/pipe.info: error: is no regular file"));
  EXPECT_EQ(message_of("/dev/zero"), "/dev/zero: error: is no regular file");
}

TEST_F(DescriptionFiles, UnreadableFileIsToldAsSuch) {
  constexpr uid_t kNobody = 65534;
  write("secret", "backend b\n");
  std::filesystem::permissions(folder_.path() / "secret.info", std::filesystem::perms::none);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);
  const uid_t user = geteuid();
  const auto become = [&](uid_t other) { return user != 0 || seteuid(other) == 0; };  // root reads everything
  ASSERT_TRUE(become(kNobody));
  const std::string message = message_of("secret");
  ASSERT_TRUE(become(user));
  EXPECT_EQ(message, in_folder("$/secret.info: error: cannot be read: Permission denied"));
}

TEST_F(DescriptionFiles, HugeFileIsRefused) {
  folder_.write("huge.info", std::string((4 << 20) + 1, ' '));
  EXPECT_EQ(message_of("huge"), in_folder("$/huge.info: error: larger than 4 MiB: this is no description"));
}

TEST_F(DescriptionFiles, ChildOverridesSingleParametersAndFields) {
  write("base", kBase);
  write("child", "inherit base\ndefault_bits w4a4\nparameter {\n  rows 8 { source child kind rtl }\n}\n");
  const Description child = load("child");
  EXPECT_EQ(child.backend(), "b");
  EXPECT_EQ(child.default_bits()->weight_bits, 4.0);
  EXPECT_EQ(child.parameters().at("rows").value, 8.0);
  EXPECT_EQ(child.parameters().at("rows").source, "child");
  EXPECT_EQ(child.parameters().at("columns").value, 2.0);
  EXPECT_EQ(child.parameters().at("columns").place, (SourcePlace{in_folder("$/base.info"), 7}));
  EXPECT_EQ(child.inherited_files(), std::vector<std::string>{in_folder("$/base.info")});
}

TEST_F(DescriptionFiles, NameAndSummaryAreNeverInherited) {
  write("base", kBase);
  write("child", "inherit base\n");
  EXPECT_EQ(load("child").summary(), "");
  EXPECT_EQ(load("child").name(), "child");
}

TEST_F(DescriptionFiles, ParentIsLookedUpBesideTheChildFirst) {
  write("base", "backend far\n");
  write("sub/base", "backend near\n");
  write("sub/child", "inherit base\n");
  EXPECT_EQ(load(in_folder("$/sub/child.info")).backend(), "near");
  write("sub/other", "inherit ../base.info\n");
  EXPECT_EQ(load(in_folder("$/sub/other.info")).backend(), "far");
}

TEST_F(DescriptionFiles, SharedGrandparentIsNoContradiction) {
  write("base", kBase);
  write("left", "inherit base\n");
  write("right", "inherit base\n");
  write("child", "inherit \"left right\"\n");
  EXPECT_EQ(load("child").parameters().size(), 2U);
  EXPECT_EQ(load("child").inherited_files().size(), 3U);
}

TEST_F(DescriptionFiles, ContradictingParentsAreTheChildsToDecide) {
  write("base", kBase);
  write("other", "parameter { rows 3 { source other kind tool } }\n");
  write("child", "\ninherit \"base other\"\n");
  EXPECT_EQ(message_of("child"), in_folder("$/child.info:3: error: 'rows' is inherited twice, from $/base.info:6 and "
                                           "$/other.info:2: say it here"));
  write("decided", "inherit \"base other\"\nparameter { rows 4 { source child kind tool } }\n");
  EXPECT_EQ(load("decided").parameters().at("rows").value, 4.0);
}

TEST_F(DescriptionFiles, ParentsThatSayTheSameDoNotContradict) {
  write("one", kBase);
  write("two", kBase);
  write("child", "inherit \"one two\"\n");
  EXPECT_EQ(message_of("child"), "no error");
}

TEST_F(DescriptionFiles, InheritanceInACircleIsAnError) {
  write("a", "inherit b\n");
  write("b", "inherit c\n");
  write("c", "\ninherit a\n");
  EXPECT_EQ(message_of("a"), in_folder("$/c.info:3: error: inherits from itself by way of 'a'"));
  write("self", "inherit self\n");
  EXPECT_EQ(message_of("self"), in_folder("$/self.info:2: error: inherits from itself by way of 'self'"));
}

TEST_F(DescriptionFiles, InheritanceEndsAfterEightSteps) {
  write("m0", kBase);
  for (int i = 1; i <= 9; ++i) write("m" + std::to_string(i), "inherit m" + std::to_string(i - 1) + "\n");
  EXPECT_EQ(load("m8").parameters().size(), 2U);
  EXPECT_EQ(message_of("m9"), in_folder("$/m1.info:2: error: inherits over more than 8 files"));
  // m8 is allowed by itself; as the parent of a file that has read it before, too deep all the same.
  write("wide", "inherit \"m8 m0\"\n");
  EXPECT_NE(message_of("wide").find("inherits over more than 8 files"), std::string::npos);
}

TEST_F(DescriptionFiles, ManyParentsOfManyParentsAreReadOnce) {
  write("l0a", kBase);
  write("l0b", "default_bits w8a8\n");
  for (int level = 1; level <= 8; ++level) {
    std::string below = "l" + std::to_string(level - 1);
    for (const char* side : {"a", "b"}) {
      write("l" + std::to_string(level) + side, "default_bits w8a8\ninherit \"" + below + "a " + below + "b\"\n");
    }
  }
  EXPECT_EQ(load("l8a").inherited_files().size(), 16U);
}

TEST_F(DescriptionFiles, FaultInAParentIsToldInTheParent) {
  write("base", "backend b\nparameter { rows many { source s kind tool } }\n");
  write("child", "inherit base\nparameter { rows 1 { source s kind tool } }\n");
  EXPECT_EQ(message_of("child"),
            in_folder("$/base.info:3: error: 'rows' is 'many': a decimal number is wanted, then its unit"));
}

TEST_F(DescriptionFiles, NamesAreSortedAndEachOnce) {
  folder_.write("one/b.info", "");
  folder_.write("one/a.info", "");
  folder_.write("two/b.info", "");
  folder_.write("two/notes.txt", "");
  const SearchPath search{folder_.path() / "one", folder_.path() / "two", folder_.path() / "nowhere"};
  EXPECT_EQ(description_names(search), (std::vector<std::string>{"a", "b"}));
}

TEST(InstalledDescriptions, AreFoundFromTheBuildTree) {
  const auto names = description_names({installed_descriptions()});
  EXPECT_EQ(names, description_names({kShipped})) << installed_descriptions();
}

class ShippedDescription : public testing::TestWithParam<std::string> {};

TEST_P(ShippedDescription, HasSummaryKnownBackendAndProvenanceOfEveryNumber) {
  const Description description = Description::load(GetParam(), {kShipped});
  EXPECT_FALSE(description.summary().empty());
  for (const auto& [key, parameter] : description.parameters()) {
    EXPECT_FALSE(parameter.source.empty()) << key;
    EXPECT_FALSE(to_text(parameter.kind).empty()) << key;
    EXPECT_GT(parameter.place.line, 0) << key;
  }
  EXPECT_TRUE(builtin_registry().make(description));
}

INSTANTIATE_TEST_SUITE_P(All, ShippedDescription, testing::ValuesIn(description_names({kShipped})),
                         [](const auto& row) {
                           std::string name = row.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

TEST(ShippedDescriptions, CoverTheMachinesThatTheDocumentationNames) {
  const auto names = description_names({kShipped});
  const std::set<std::string> shipped(names.begin(), names.end());
  for (const char* name : {"counts", "counts-fvcore", "counts-thop", "counts-ptflops", "counts-notebook",
                           "counts-evaluator", "bit-ops", "memory-access", "mpic", "gap8", "gap9-cluster", "diana"}) {
    EXPECT_TRUE(shipped.contains(name)) << name;
  }
}

}  // namespace
}  // namespace hwcost
