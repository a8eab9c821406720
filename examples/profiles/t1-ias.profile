# casetap-events(5): what the elements of events.xml are called.  On the left casetap's word, on the right the element.
# The names of the second column are those of T1.IAS as far as they are public; the others are casetap's own.
[elements]
profile = t1-ias
events = accessEvents
access-attempt = accessAttempt
access-accepted = accessAccepted
access-rejected = accessRejected
access-failed = accessFailed
session-start = sessionStart
session-already-established = sessionAlreadyEstablished
session-end = sessionEnd
address-assigned = addressAssigned
address-renewed = addressRenewed
address-released = addressReleased
prefix-delegated = prefixDelegated
service-changed = serviceChanged
case = caseId
content = contentIdentifier
iap = iAPSystemId
time = timestamp
session = accessSessionID
ip = ipAddress
address = address
method = allocationMethod
prefix = prefixLen
until = validUntil
beginning = beginning
reason = reasonForTermination
evidence = evidence
