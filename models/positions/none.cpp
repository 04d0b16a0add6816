#include "models/positions/positional_encoding.h"

namespace heed {
namespace {

class NoPositionsKind : public PositionKind {};

const Registration<PositionKind, NoPositionsKind> registration{
    "none", "no positions: order enters by the causal mask alone"};

}  // namespace
}  // namespace heed
