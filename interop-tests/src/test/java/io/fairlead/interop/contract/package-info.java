/** One contract with our options, {@code depot.v1}, between six languages. */
@NullMarked
package io.fairlead.interop.contract;

import org.jspecify.annotations.NullMarked;
