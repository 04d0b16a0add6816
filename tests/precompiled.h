// What a test of anything that includes LibTorch starts from, compiled once.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/precompiled/modules.h"
