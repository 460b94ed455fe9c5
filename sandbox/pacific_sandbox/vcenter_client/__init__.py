"""The simulated vCenter as its Supervisors' controllers see it: sessions, objects and inventory by SOAP and REST."""
