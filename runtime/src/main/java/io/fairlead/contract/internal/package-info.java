/** How policies are read from a contract, and whether a channel applies them. */
@NullMarked
package io.fairlead.contract.internal;

import org.jspecify.annotations.NullMarked;
