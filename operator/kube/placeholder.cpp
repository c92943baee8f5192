#include "operator/kube/transport.h"
