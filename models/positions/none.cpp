#include "models/positions/positional_encoding.h"

namespace heed {
namespace {

class NoPositionsKind : public PositionKind {};

const Registration<PositionKind, NoPositionsKind> none_registration{
    "none", "no positions: order enters by the causal mask alone"};

}  // namespace
}  // namespace heed
