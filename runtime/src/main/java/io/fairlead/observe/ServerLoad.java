package io.fairlead.observe;

import java.time.Duration;

/**
 * What a server's admission counts now. All zero when nothing is limited.
 *
 * @param inFlight calls that hold a permit
 * @param waiting calls that wait in the queue
 * @param callers callers that have a call in flight or waiting
 * @param utilization calls that hold a permit or wait for one, as a share of the limit; of several
 *     limits the share that is largest. Above 1 while calls wait for a full server
 * @param queueWait how long the call that has waited longest has waited so far
 * @param refused calls that were rejected since the server started
 */
public record ServerLoad(
    int inFlight, int waiting, int callers, double utilization, Duration queueWait, long refused) {}
