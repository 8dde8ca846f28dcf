/**
 * What generated code calls: contracts, clients over a channel, and bindings of handlers.
 *
 * <p>The public part is stable: code generated for an older level goes on working.
 */
@NullMarked
package io.fairlead.contract;

import org.jspecify.annotations.NullMarked;
