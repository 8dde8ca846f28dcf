/** Clients of a contract over any channel, blocking and asynchronous. Called by generated code. */
@NullMarked
package io.fairlead.contract.client;

import org.jspecify.annotations.NullMarked;
