package io.fairlead.observe;

/**
 * What a server's admission counts now. All zero when nothing is limited.
 *
 * @param inFlight calls that hold a permit
 * @param waiting calls that wait in the queue
 * @param callers callers that have a call in flight or waiting
 */
public record ServerLoad(int inFlight, int waiting, int callers) {}
