#include "operator/runtime/clock.h"
