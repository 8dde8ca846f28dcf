/**
 * Tests of calls, and the contract that they are made over, written as the generator writes one.
 */
@NullMarked
package io.fairlead.contract;

import org.jspecify.annotations.NullMarked;
