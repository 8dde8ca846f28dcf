/** The result of one attempt, made once where its stream closes, and the rewriting of statuses. */
@NullMarked
package io.fairlead.observe.internal;

import org.jspecify.annotations.NullMarked;
