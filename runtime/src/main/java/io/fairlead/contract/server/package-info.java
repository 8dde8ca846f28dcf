/** Bindings of handlers to a contract. Called by generated code. */
@NullMarked
package io.fairlead.contract.server;

import org.jspecify.annotations.NullMarked;
