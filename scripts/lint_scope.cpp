// A plugin for clang-tidy, loaded by scripts/lint: it limits all checks to heed's own code. Without
// it they also walk LibTorch's headers for each file, which takes four times as long, and then drop
// what they find there.
#include <clang-tidy/ClangTidyCheck.h>
#include <clang-tidy/ClangTidyModule.h>
#include <clang-tidy/ClangTidyModuleRegistry.h>
#include <clang/AST/ASTContext.h>
#include <clang/ASTMatchers/ASTMatchFinder.h>

#include <vector>

namespace {

using clang::ast_matchers::MatchFinder;

// Matches the translation unit, which clang-tidy visits before everything in it.
class OwnCode : public clang::tidy::ClangTidyCheck {
 public:
  using ClangTidyCheck::ClangTidyCheck;

  void registerMatchers(MatchFinder* finder) override {
    finder->addMatcher(clang::ast_matchers::translationUnitDecl().bind("all"), this);
  }

  void check(const MatchFinder::MatchResult& result) override {
    std::vector<clang::Decl*> own;
    for (clang::Decl* each : result.Context->getTranslationUnitDecl()->noload_decls())
      if (!each->isFromASTFile() && !result.SourceManager->isInSystemHeader(each->getLocation()))
        own.push_back(each);
    result.Context->setTraversalScope(own);
  }
};

struct Module : clang::tidy::ClangTidyModule {
  void addCheckFactories(clang::tidy::ClangTidyCheckFactories& factories) override {
    factories.registerCheck<OwnCode>("heed-own-code");
  }
};

const clang::tidy::ClangTidyModuleRegistry::Add<Module> registration{"heed",
                                                                     "heed's own code alone"};

}  // namespace
