package io.fairlead.bench.scaling;

/**
 * What a run came to.
 *
 * @param cost instance-seconds, those of starting and of leaving ones included
 * @param calls that were made
 * @param missed the share of the calls that were not answered within their deadline
 * @param excused the share that was missed within the start time and two ticks of a jump
 * @param reversals how often a growth followed a shrinking, or the other way round
 */
record Outcome(double cost, double calls, double missed, double excused, int reversals) {}
