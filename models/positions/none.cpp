#include "models/positions/positional_encoding.h"

namespace heed {
namespace {

class NoPositionsKind : public PositionKind {};

const Registration<PositionKind, NoPositionsKind> none_registration{
    "none", "no positions: only the causal mask conveys order"};

}  // namespace
}  // namespace heed
