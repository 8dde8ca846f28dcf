package io.fairlead.interop.peer;

/**
 * What a program did.
 *
 * @param code its exit code
 * @param output all that it printed, both streams in one
 */
public record Outcome(int code, String output) {}
