#pragma once
// Locks: of all workflows of a namespace that name the same one, one runs at a time.
//
//   wanted ──▶ taken ──▶ held ──▶ marked ──▶ (the run) ──▶ given up
//
//   wanted    on record first (status.lock): whoever has a lock, or waits for one, is found by its
//             status, whatever is lost. Of those that wait the oldest workflow comes first.
//   taken     its Lease is created, owned by the workflow. No two can have it.
//   held      no pod of a former holder is at work any more: one that was deleted may have left
//             some. Only then the plan of the run is stored.
//   marked    with the plan stored the Lease is labelled with the run that has begun, and only then
//             that begins. Who gives a lock up deletes the Lease as it was before. So of two
//             operators, one of which begins a run and the other gives it up, one fails.
//   given up  the Lease is deleted, and then the record of it: after the end of the run is on
//             record, or as soon as no run is about to begin.
//
// What is left: a request that is under way when its lock is given up may be done later. A Job that
// comes of it is stopped as soon as it is seen. A Lease is given up by the operator that has asked
// for it, once it knows the end; should that one die before, by the first who waits for the lock.
//
// Nobody but its owner deletes a Lease. A workflow that is deleted gives its lock up with its
// Lease, which it owns. Children run under the locks of the workflows above them: these they
// neither wait for nor give up.

#include <string>

#include <nlohmann/json.hpp>

#include "controllers/actions.h"
#include "controllers/draft.h"

namespace bootstrap {

// Whether the plan of the run may be stored, for all that its lock says. False: the draft asks,
// acts, or says what is waited for. An empty lock: none is needed.
bool holds_lock(Draft&, const std::string& lock, int run);

// Whether the run of the draft's plan may begin.
bool begins_under_lock(Draft&);

// When all else is decided: a workflow that neither runs nor is about to has no lock, and none has
// one that is not on its record: a request to take it may be done long after it was given up.
void give_up_unneeded_locks(Draft&);

// For which it was taken, or that has begun under it; 0: it does not say.
int run_of(const LeaseView&);

// The Lease to create.
nlohmann::json build_lease(const ObjectMeta& workflow, const CreateLock&);

}  // namespace bootstrap
