#include "models/registry.h"

#include <gmock/gmock.h>

namespace heed {
namespace {

struct Animal {
  virtual ~Animal() = default;
};
struct Cat : Animal {};
struct Dog : Animal {};

const Registration<Animal, Dog> dog{"dog", "barks"};
const Registration<Animal, Cat> cat{"cat", "purrs"};

TEST(Registry, KnowsWhatRegisteredItselfInAlphabeticalOrder) {
  const auto& registry = Registry<Animal>::instance();
  EXPECT_THAT(registry.names(), ::testing::ElementsAre("cat", "dog"));
  EXPECT_EQ(registry.find("cat")->summary, "purrs");
  EXPECT_NE(dynamic_cast<Dog*>(registry.make("dog").get()), nullptr);
}

TEST(Registry, AnUnknownNameIsRefusedWithTheKnownOnes) {
  const auto& registry = Registry<Animal>::instance();
  EXPECT_EQ(registry.find("cow"), nullptr);
  EXPECT_THAT([&] { registry.make("cow"); },
              ::testing::ThrowsMessage<std::invalid_argument>(::testing::HasSubstr("cat, dog")));
}

TEST(Registry, ANameCanBeRegisteredOnlyOnce) {
  EXPECT_THROW((Registration<Animal, Cat>("dog", "")), std::logic_error);
}

}  // namespace
}  // namespace heed
