#pragma once
// What a workflow leaves behind, Jobs with their pods and stored plans, is deleted some time after
// its end (spec.jobRetention). Its status keeps the results, and names stay used: the numbers of
// attempts and runs are on record. The workflow itself is never deleted: whoever keeps it in Git
// would create it again, and it would run again.
//
// One that has failed keeps the plan of its last run, by which a new definition is known as new.

#include "controllers/draft.h"

namespace bootstrap {

// Of a workflow whose end is on record.
void clean_up(Draft&);

}  // namespace bootstrap
