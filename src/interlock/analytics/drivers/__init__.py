"""Which operational facts (late, several sellers, price band ...) move an outcome (bad rating, churn ...)?

facts and accounts read the contract tables; factors and outcomes say what is compared over whom; logistic,
standardise, clusters and estimate do the statistics; dose and attribution look closer; find puts the report
together. Method, formulas and limits: docs/drivers.md.
"""

from interlock.analytics.drivers.find import find_drivers
from interlock.analytics.drivers.report import Driver, DriverReport, driver_report_json

__all__ = ["Driver", "DriverReport", "driver_report_json", "find_drivers"]
